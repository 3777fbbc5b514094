//! Kubernetes manifests: AstrBot with the gateway as a native sidecar container, that is, an init
//! container that restarts.
//!
//! Both share the pod's loopback address, so the gateway binds to `loopback` and no service exposes it:
//! only AstrBot can reach it.

use serde_json::{Value, json};

use crate::error::{self, Result};
use crate::gateway_config;
use crate::layout::{CONFIG, CONTAINER_UID, IMAGE};
use crate::release::{self, is_pinned_version};
use crate::secret::{self, Token};
use crate::templates;
use crate::version_config;
use crate::versions;

/// The options of the manifests.
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespace.
    pub namespace: String,
    /// The gateway's version.
    pub version: String,
    /// AstrBot's image, with a tag.
    pub astrbot_image: String,
    /// The gateway's config, JSON5.
    pub config: String,
}

/// The manifests as YAML documents, in the order to apply them, without the secret.
///
/// # Errors
///
/// The version is not a specific release, the image has no tag, or the namespace is not a DNS label.
pub fn render(options: &Options) -> Result<String> {
    check(options)?;
    let mut out = String::from(
        "# AstrBot with the OpenClaw gateway as a native sidecar (Kubernetes 1.29 or later).\n\
         # The gateway waits for the secret openclaw-gateway. Apply the secret.yaml written by\n\
         # `host-shim sidecar manifest --output DIR`, or create it directly:\n",
    );
    out.push_str(&format!(
        "#   kubectl -n {} create secret generic openclaw-gateway \\\n\
         #     --from-literal=OPENCLAW_GATEWAY_TOKEN=\"$(openssl rand -hex 32)\" \\\n\
         #     --from-literal=OPENCLAW_PROVIDER_API_KEY=\"$KEY\"\n\
         # AstrBot's plugin: gateway_primary_url http://127.0.0.1:18789, the same token, agent main.\n",
        options.namespace
    ));
    for document in documents(options) {
        out.push_str("---\n");
        out.push_str(&yaml(&document)?);
    }
    Ok(out)
}

fn check(options: &Options) -> Result<()> {
    let (version, image, namespace) =
        (&options.version, &options.astrbot_image, &options.namespace);
    if !is_pinned_version(version) {
        return Err(error::not_one_release(version));
    }
    let name = image.rsplit('/').next().unwrap_or_default();
    let tag = name.split_once([':', '@']).map_or("", |(_, tag)| tag);
    if matches!(tag, "" | "latest") || image.contains(char::is_whitespace) {
        return Err(error::image_without_tag(image));
    }
    let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=63).contains(&namespace.len())
        || !namespace.chars().all(label)
        || namespace.starts_with('-')
        || namespace.ends_with('-')
    {
        return Err(error::bad_namespace(namespace));
    }
    let config = gateway_config::parse(&options.config)
        .map_err(|error| error::bad_config(&error).caused_by(error))?;
    match secret::in_clear(&config).first() {
        Some((place, _)) => Err(error::secret_in_clear(place)),
        None => Ok(()),
    }
}

fn documents(options: &Options) -> Vec<Value> {
    let labels = json!({ "app.kubernetes.io/name": "astrbot", "app.kubernetes.io/part-of": "astr-openclaw" });
    let about =
        |name: &str| json!({ "name": name, "namespace": options.namespace, "labels": labels });
    vec![
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": { "name": options.namespace },
        }),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": about("openclaw-gateway"),
            "data": { CONFIG: config_of(options) },
        }),
        claim(about("astrbot-data"), "10Gi"),
        claim(about("openclaw-home"), "5Gi"),
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": about("astrbot"),
            "spec": {
                "replicas": 1,
                "serviceName": "astrbot",
                "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": pod(options),
                },
            },
        }),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": about("astrbot"),
            "spec": {
                "selector": labels,
                // AstrBot's dashboard. No service exposes the gateway.
                "ports": [{ "name": "dashboard", "port": 6185, "targetPort": "dashboard" }],
            },
        }),
    ]
}

/// The config with what the version needs; one that cannot be written into stays as it is.
fn config_of(options: &Options) -> String {
    let written = version_config::with_version(&options.config, &options.version);
    written.map_or_else(|_| options.config.clone(), |written| written.text)
}

fn claim(metadata: Value, size: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": size } } },
    })
}

fn pod(options: &Options) -> Value {
    let grace = release::duration(versions::of(&options.version).stop_grace);
    let grace = grace.unwrap_or_default().as_secs();
    json!({
        // The pod does not use the cluster's API.
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        // The longer of AstrBot's and the gateway's shutdown.
        "terminationGracePeriodSeconds": grace.max(45) + 15,
        "securityContext": { "fsGroup": CONTAINER_UID, "seccompProfile": { "type": "RuntimeDefault" } },
        "initContainers": [gateway(options)],
        "containers": [{
            "name": "astrbot",
            "image": options.astrbot_image,
            "ports": [{ "name": "dashboard", "containerPort": 6185 }],
            // No liveness probe: loading plugins can take minutes.
            "readinessProbe": { "tcpSocket": { "port": "dashboard" }, "periodSeconds": 10 },
            "env": [{ "name": "TZ", "value": "Asia/Shanghai" }],
            "resources": { "requests": { "cpu": "100m", "memory": "512Mi" }, "limits": { "memory": "1Gi" } },
            "securityContext": { "allowPrivilegeEscalation": false },
            "volumeMounts": [{ "name": "astrbot-data", "mountPath": "/AstrBot/data" }],
        }],
        "volumes": [
            { "name": "astrbot-data", "persistentVolumeClaim": { "claimName": "astrbot-data" } },
            { "name": "openclaw-home", "persistentVolumeClaim": { "claimName": "openclaw-home" } },
            { "name": "openclaw-config", "configMap": { "name": "openclaw-gateway" } },
            { "name": "tmp", "emptyDir": {} },
        ],
    })
}

fn gateway(options: &Options) -> Value {
    let state = "/home/node/.openclaw";
    let secret = |key: &str, optional: bool| json!({ "name": key, "valueFrom": { "secretKeyRef": { "name": "openclaw-gateway", "key": key, "optional": optional } } });
    let set = |name: &str, value: &str| json!({ "name": name, "value": value });
    let range = versions::of(&options.version);
    // The kubelet's own HTTP probes do not reach the pod's loopback address.
    let check = |script: String| json!({ "command": ["node", "-e", script] });
    let (startup, live) = match range.health {
        Some(health) => (answers_200(health.ready), answers_200(health.live)),
        None => (REFUSES.to_owned(), REFUSES.to_owned()),
    };
    json!({
        "name": "openclaw-gateway",
        "image": format!("{IMAGE}:{}", options.version),
        // Makes an init container a sidecar: AstrBot starts once its startup probe succeeds, and it is
        // restarted for the life of the pod.
        "restartPolicy": "Always",
        "command": ["node", "dist/index.js", "gateway", "--bind", "loopback", "--port", "18789"],
        "env": [
            secret("OPENCLAW_GATEWAY_TOKEN", false),
            secret("OPENCLAW_PROVIDER_API_KEY", true),
            set("HOME", "/home/node"),
            set("OPENCLAW_STATE_DIR", state),
            set("OPENCLAW_CONFIG_PATH", &format!("/etc/openclaw/{CONFIG}")),
            set("OPENCLAW_CONFIG_READONLY", "1"),
            set("TMPDIR", "/home/node/.openclaw"),
            set("OPENCLAW_SKIP_CANVAS_HOST", "1"),
            set("OPENCLAW_DISABLE_BONJOUR", "1"),
            set("OPENCLAW_NO_RESPAWN", "1"),
            set("NODE_OPTIONS", "--disable-warning=ExperimentalWarning"),
        ],
        "startupProbe": { "exec": check(startup), "periodSeconds": 15, "timeoutSeconds": 14, "failureThreshold": 20 },
        "livenessProbe": { "exec": check(live), "periodSeconds": 30, "timeoutSeconds": 20, "failureThreshold": 3 },
        "resources": {
            "requests": { "cpu": "200m", "memory": "1Gi" },
            // Compose's `m` is Kubernetes' `Mi`.
            "limits": { "memory": range.memory_limit.replace('m', "Mi") },
        },
        "securityContext": {
            "runAsUser": CONTAINER_UID,
            "runAsGroup": CONTAINER_UID,
            "runAsNonRoot": true,
            "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] },
        },
        "volumeMounts": [
            { "name": "openclaw-home", "mountPath": state },
            { "name": "openclaw-config", "mountPath": "/etc/openclaw", "readOnly": true },
            { "name": "tmp", "mountPath": "/tmp" },
        ],
    })
}

/// The health check of versions without a path for it, as in the compose file: a request without a token is
/// rejected, so the endpoint is enabled and protected.
const REFUSES: &str = "fetch('http://127.0.0.1:18789/v1/responses',{method:'POST',signal:AbortSignal.timeout(8000)}).then(r=>process.exit(r.status===401?0:1),()=>process.exit(1))";

/// The health check at a path of [`versions::Health`].
fn answers_200(path: &str) -> String {
    format!(
        "fetch('http://127.0.0.1:18789{path}',{{signal:AbortSignal.timeout(8000)}}).then(r=>process.exit(r.status===200?0:1),()=>process.exit(1))"
    )
}

/// The options of the pinned templates.
pub fn defaults() -> Options {
    Options {
        namespace: "astrbot".to_owned(),
        version: crate::layout::PINNED_VERSION.to_owned(),
        astrbot_image: "soulter/astrbot:v4.29.1".to_owned(),
        config: templates::CONFIG_FILE.to_owned(),
    }
}

/// The secret as a YAML document, with the token in plain text.
///
/// # Errors
///
/// As [`render`].
pub fn render_secret(options: &Options, token: &Token) -> Result<String> {
    check(options)?;
    let mut text = String::from("# Secret: do not commit or share this file.\n");
    text.push_str(&yaml(&json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": { "name": "openclaw-gateway", "namespace": options.namespace },
        "stringData": { "OPENCLAW_GATEWAY_TOKEN": token.expose(), "OPENCLAW_PROVIDER_API_KEY": "" },
    }))?);
    Ok(text)
}

fn yaml(document: &Value) -> Result<String> {
    serde_saphyr::to_string(document).map_err(|error| error::no_yaml(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The compose file outlives an upgrade, so its check is for every version.
    #[test]
    fn the_compose_files_health_check_asks_every_path_that_a_version_has() {
        for row in versions::RANGES {
            let path = row.health.map_or("/v1/responses", |health| health.ready);
            assert!(templates::COMPOSE_FILE.contains(&format!("fetch(u+'{path}',")));
        }
    }

    #[test]
    fn probes_and_memory_are_the_versions() {
        for (version, startup, live, memory) in [
            ("2026.2.9", "/v1/responses'", "/v1/responses'", "1536Mi"),
            ("2026.9.6", "/readyz'", "/healthz'", "2560Mi"),
        ] {
            let mut options = defaults();
            options.version = version.to_owned();
            let gateway = gateway(&options);
            for (probe, path) in [("startupProbe", startup), ("livenessProbe", live)] {
                let script = gateway[probe]["exec"]["command"][2].as_str().unwrap();
                assert!(script.contains(path), "{version} {probe}: {script}");
            }
            assert_eq!(gateway["resources"]["limits"]["memory"], memory);
        }
    }

    #[test]
    fn the_gateway_is_a_native_sidecar_without_a_secret_in_clear() {
        let yaml = render(&defaults()).unwrap();
        let documents: Vec<Value> = serde_saphyr::from_multiple(&yaml).unwrap();
        let set = documents
            .iter()
            .find(|document| document["kind"] == "StatefulSet")
            .unwrap();
        let gateway = &set["spec"]["template"]["spec"]["initContainers"][0];
        assert_eq!(gateway["restartPolicy"], "Always");
        assert_eq!(gateway["image"], "ghcr.io/openclaw/openclaw:2026.2.9");
        assert!(gateway["env"][0]["valueFrom"]["secretKeyRef"].is_object());
        for probe in ["startupProbe", "livenessProbe"] {
            assert_eq!(gateway[probe]["exec"]["command"][2], REFUSES);
        }
        for container in [gateway, &set["spec"]["template"]["spec"]["containers"][0]] {
            assert!(container["resources"]["limits"]["memory"].is_string());
        }
        let map = documents
            .iter()
            .find(|document| document["kind"] == "ConfigMap")
            .unwrap();
        assert_eq!(map["data"][CONFIG], templates::CONFIG_FILE);
        assert!(
            !documents
                .iter()
                .any(|document| document["kind"] == "Secret")
        );
    }

    #[test]
    fn bad_options_are_refused() {
        for change in [
            |options: &mut Options| options.version = "latest".to_owned(),
            |options: &mut Options| options.astrbot_image = "soulter/astrbot".to_owned(),
            |options: &mut Options| options.astrbot_image = "soulter/astrbot:latest".to_owned(),
            |options: &mut Options| options.namespace = "Bad_Name".to_owned(),
            |options: &mut Options| options.config = "{".to_owned(),
            |options: &mut Options| {
                options.config = "{ models: { providers: { x: { apiKey: 'sk-1' } } } }".to_owned()
            },
            |options: &mut Options| options.config = "{ a: [{ botToken: 't' }] }".to_owned(),
        ] {
            let mut options = defaults();
            change(&mut options);
            assert!(render(&options).is_err(), "{options:?}");
        }
    }
}
