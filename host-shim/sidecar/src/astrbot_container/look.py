# Runs inside AstrBot's container, with its Python. Reads one JSON object from stdin: the gateway's host and port,
# its known addresses, its token, the plugin's settings file. Writes one JSON object: what it saw, and never a token.
import http.client, json, socket, sys, urllib.parse

asked = json.load(sys.stdin)


def post(host, port, secure, token):
    """The answer to an empty request: status, or what failed and how far it came."""
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=3)
    try:
        connection.connect()
    except OSError as error:
        return {"failed": "connect", "error": str(error)}
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = "Bearer " + token
    try:
        connection.request("POST", "/v1/responses", "{}", headers)
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace")
        return {"status": answer.status, "body": body.replace(token or "\0", "***")}
    except (OSError, ValueError, http.client.HTTPException) as error:
        return {"failed": "http", "error": type(error).__name__}
    finally:
        connection.close()


def addresses(host):
    found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    return sorted({entry[4][0] for entry in found})


seen = {}
# Whoever else answers to the gateway's name gets no token. None known, not even an empty list: it is this machine.
trusted = False
try:
    seen["addresses"] = addresses(asked["host"])
    trusted = asked["known"] is None or set(seen["addresses"]) <= set(asked["known"])
    if trusted:
        seen["own"] = post(asked["host"], asked["port"], False, asked["token"])
except OSError as error:
    seen["unresolved"] = str(error)
try:
    with open(asked["settings"], encoding="utf-8-sig") as file:
        settings = json.load(file)
    url = str(settings.get("gateway_primary_url") or "")
    token = str(settings.get("gateway_bearer_token") or "")
    parts = urllib.parse.urlsplit(url)
    plugin = seen["plugin"] = {"host": parts.hostname or "", "same_token": token == asked["token"]}
    plugin["port"] = parts.port or (443 if parts.scheme == "https" else 80)
    shown = "[%s]" % plugin["host"] if ":" in plugin["host"] else plugin["host"]
    plugin["url"] = "%s://%s:%d%s" % (parts.scheme, shown, plugin["port"], parts.path.rstrip("/"))
    # Only 127.0.0.1 is published: whoever listens on ::1 is somebody else.
    loopback = {"localhost", "127.0.0.1"}
    same_host = plugin["host"] == asked["host"] or {plugin["host"], asked["host"]} <= loopback
    # The plugin takes no path.
    plugin["same_address"] = same_host and (parts.scheme, plugin["port"], parts.path.rstrip("/")) == ("http", asked["port"], "")
    # The plugin's own token only if it is another one: after many wrong ones the gateway locks AstrBot out.
    if trusted and plugin["same_address"]:
        # To the address above: `localhost` may lead to ::1 first.
        plugin["answer"] = seen["own"] if plugin["same_token"] else post(asked["host"], asked["port"], False, token)
except FileNotFoundError:
    pass
except (OSError, ValueError, AttributeError) as error:
    seen["settings_error"] = type(error).__name__
json.dump(seen, sys.stdout)
