//! What can be wrong with a choice of a model provider, in both languages side by side.

use crate::dotenv::PROVIDER_KEY;
use crate::error::{Error, ErrorKind, error_functions};
use crate::layout::{COMPOSE, CONFIG, SERVICE};
use crate::text::{Argument, Text};

error_functions! {
    ProviderAddress bad_url(url):
        "`{url}` is not a base URL." | "`{url}` 不是基础 URL。",
        "A base URL is http:// or https://, a host, and perhaps a path such as /v1; nothing after it."
            | "基础 URL 由 http:// 或 https://、主机名和可选的路径（如 /v1）组成，后面不能有其他内容。",
        "Copy it from the service's documentation, for example https://api.deepseek.com/v1."
            | "请从服务商的文档中复制，例如 https://api.deepseek.com/v1。";
    ProviderAddress url_with_user(url):
        "`{url}` contains a user name or password." | "`{url}` 中有用户名或密码。",
        "The gateway's config may be read by others; secrets belong in .env." | "其他人可能读到网关配置；密钥应写在 .env 中。",
        "Remove everything before the @, and pass the key with --key-env or --key-file."
            | "请删除 @ 及其前面的内容，并用 --key-env 或 --key-file 提供密钥。";
    ProviderAddress url_of_a_request(url, request, base):
        "`{url}` is the address of one request." | "`{url}` 是单个接口的地址。",
        "The gateway appends {request} to the base URL itself." | "网关会自行在基础 URL 后加上 {request}。",
        "Use {base}." | "请改用 {base}。";
    ModelChoice bad_model(model):
        "`{model}` is not a model's name." | "`{model}` 不是模型名称。",
        "It is empty, longer than 200 characters, or has spaces, control characters or ${{." | "它为空、超过 200 个字符，或含有空格、控制字符或 ${{。",
        "Copy the name from the service's list of models, for example deepseek-chat." | "请从服务商的模型列表中复制名称，例如 deepseek-chat。";
    ModelChoice service_not_named():
        "No service was named." | "没有指定服务。",
        "This is not a terminal, so nobody can be asked." | "当前不是终端，无法询问。",
        "Pass --service NAME (see --list), --base-url URL with --model NAME, or --from-astrbot DATA."
            | "请指定 --service 名称（见 --list）、--base-url URL 与 --model 名称，或 --from-astrbot 目录。";
    ModelChoice url_not_named():
        "--service custom needs --base-url." | "--service custom 需要 --base-url。",
        "" | "",
        "Pass --base-url URL, for example https://llm.example.com/v1." | "请指定 --base-url URL，例如 https://llm.example.com/v1。";
    ModelChoice model_not_named(service):
        "No model was named for {service}." | "没有为 {service} 指定模型。",
        "This service has no default model." | "该服务没有默认模型。",
        "Pass --model NAME." | "请指定 --model 名称。";
    ModelChoice not_chosen():
        "Nothing was chosen; nothing was changed." | "没有选择；没有做任何修改。",
        "" | "",
        "Run the command again, or use flags (--help shows examples)." | "请重新运行，或使用参数（--help 中有示例）。";

    ModelKey key_not_given(url):
        "No key was given for {url}." | "没有提供 {url} 的密钥。",
        "This is not a terminal, and the key in .env is for another address or empty." | "当前不是终端，而 .env 中的密钥为空或属于另一个地址。",
        "Pass --key-env NAME, --key-file FILE, or --key-file - for standard input. A key is never an option itself: other users of the machine can see options."
            | "请用 --key-env 变量名、--key-file 文件，或 --key-file -（标准输入）提供。密钥本身不作为参数：本机其他用户能看到参数。";
    ModelKey key_variable_empty(name):
        "The environment variable {name} is not set or empty." | "环境变量 {name} 未设置或为空。",
        "The key was to be read from it." | "密钥应从它读取。",
        "Set it (export {name}=…), or pass --key-file FILE." | "请设置它（export {name}=…），或用 --key-file 文件。";
    ModelKey key_file_unreadable(path, error):
        "Cannot read the key from {path}: {error}" | "无法从 {path} 读取密钥：{error}",
        "" | "",
        "Check the path; the file has the key alone, on one line." | "请检查路径；文件中应只有一行密钥。";
    ModelKey key_with_line_break():
        "The key contains a line break." | "密钥含有换行。",
        "Several lines were copied, or the file has more than the key." | "复制了多行，或文件中不只有密钥。",
        "Pass the key alone, on one line." | "请只提供密钥本身，且只有一行。";
    ModelKey key_not_usable():
        "The key is not usable." | "密钥不可用。",
        "It is empty, a placeholder or masked (sk-***), begins with `Bearer `, or has spaces or characters outside visible ASCII."
            | "它为空、是占位符或已脱敏（sk-***）、以 `Bearer ` 开头，或含有空格或可见 ASCII 以外的字符。",
        "Copy the whole key from the service's console." | "请从服务商的控制台完整复制密钥。";
    ModelKey key_not_for_env():
        "The key cannot be written into .env so that every Compose reads it back." | "无法把密钥写入 .env 并保证各版本的 Compose 都能正确读取。",
        "It has a quote, a backslash or ${{." | "它含有引号、反斜杠或 ${{。",
        "Create another key at the service." | "请在服务商处新建一个密钥。";

    ModelConfig set_by_hand(place, line):
        "{place} is already set on line {line} of {CONFIG}, outside the part that this command writes."
            | "{CONFIG} 第 {line} 行已设置 {place}，不在本命令写入的部分内。",
        "This command changes only the lines between its own markers." | "本命令只修改自己的标记之间的内容。",
        "Remove that setting (and its provider, if it is no longer needed), then run the command again."
            | "请删除该设置（以及不再需要的服务商），然后重新运行。";
    ModelConfig config_not_an_object(place):
        "{place} in {CONFIG} is not an object." | "{CONFIG} 中的 {place} 不是对象。",
        "The model provider cannot be put into it." | "无法在其中写入模型服务。",
        "Correct it, or restore the template: host-shim sidecar init --force (keeps a backup)."
            | "请更正，或恢复模板：host-shim sidecar init --force（会保留备份）。";
    ModelConfig config_set_twice(what):
        "Cannot change {CONFIG}: {what}." | "无法修改 {CONFIG}：{what}。",
        "JSON5 allows a key twice, and the last one counts." | "JSON5 允许同一个键出现两次，以最后一个为准。",
        "Remove one of them, then run the command again." | "请删除其中一个，然后重新运行。";
    ModelConfig markers_broken(line):
        "The marker on line {line} of {CONFIG} is unmatched." | "{CONFIG} 第 {line} 行的标记没有与之配对的标记。",
        "It was edited by hand." | "它被手动修改过。",
        "Remove it and what belongs to it, then run the command again." | "请删除它及其内容，然后重新运行。";
    ModelConfig config_not_editable(line):
        "Cannot change {CONFIG}: line {line} is not understood." | "无法修改 {CONFIG}：无法识别第 {line} 行。",
        "It is not valid JSON5, or something between the markers was edited by hand." | "它不是合法的 JSON5，或标记之间的内容被手动修改过。",
        "Correct that line; `host-shim sidecar doctor` names what is wrong." | "请更正该行；`host-shim sidecar doctor` 会指出问题。";
    ModelConfig compose_not_editable():
        "Cannot add a host name for this machine to {SERVICE} in {COMPOSE}." | "无法在 {COMPOSE} 的 {SERVICE} 中添加指向本机的主机名。",
        "The service is written in a form that this command cannot edit, or already has extra_hosts." | "该服务采用了其他写法，或已有 extra_hosts。",
        "Add by hand to the service: extra_hosts: [\"host.docker.internal:host-gateway\"]. Then run the command again."
            | "请在该服务中手动加入 extra_hosts: [\"host.docker.internal:host-gateway\"]，然后重新运行。";
    ModelConfig operation_interrupted():
        "An upgrade or rollback was interrupted." | "升级或回滚曾被中断。",
        "Finishing or undoing it replaces the files that this command changes." | "完成或撤销它会替换本命令要修改的文件。",
        "Run `host-shim sidecar up`, which does that, then run this command again." | "请先运行 `host-shim sidecar up`，然后重新运行本命令。";
    ModelConfig key_not_passed_on():
        "{COMPOSE} does not pass {PROVIDER_KEY} to the gateway." | "{COMPOSE} 没有把 {PROVIDER_KEY} 传给网关。",
        "The config reads the key from that variable." | "配置从该变量读取密钥。",
        "Add to the service's environment: {PROVIDER_KEY}: ${{{PROVIDER_KEY}:-}}." | "请在该服务的 environment 中加入 {PROVIDER_KEY}: ${{{PROVIDER_KEY}:-}}。";

    AstrBotConfig astrbot_not_found(path):
        "There is no cmd_config.json in {path}." | "{path} 中没有 cmd_config.json。",
        "It is AstrBot's own file in its data folder; AstrBot creates it at its first start." | "它是 AstrBot 数据目录中的文件，由 AstrBot 在首次启动时创建。",
        "Pass AstrBot's data folder, for example --from-astrbot /opt/AstrBot/data." | "请指定 AstrBot 的数据目录，例如 --from-astrbot /opt/AstrBot/data。";
    AstrBotConfig astrbot_unreadable(path, error):
        "Cannot read {path}: {error}" | "无法读取 {path}：{error}",
        "" | "",
        "Run the command as the folder's owner, or with sudo." | "请以该目录的所有者身份运行，或使用 sudo。";
    AstrBotConfig astrbot_not_json(path, error):
        "{path} is not valid JSON: {error}" | "{path} 不是合法的 JSON：{error}",
        "It is truncated or was edited by hand." | "它不完整，或被手动修改过。",
        "Start AstrBot once and save its settings, or choose a service with --service." | "请启动一次 AstrBot 并保存设置，或用 --service 选择服务。";
    AstrBotConfig astrbot_other_version(path):
        "{path} has no list of providers in AstrBot 4's format." | "{path} 中没有 AstrBot 4 格式的服务商列表。",
        "It is from another version of AstrBot, or another file." | "它来自其他版本的 AstrBot，或是另一个文件。",
        "Update AstrBot, or choose a service with --service." | "请更新 AstrBot，或用 --service 选择服务。";
    AstrBotConfig astrbot_nothing_usable(path, why):
        "{path} has no chat provider that OpenClaw can use.{why}" | "{path} 中没有 OpenClaw 能使用的对话服务商。{why}",
        "" | "",
        "Add a provider in AstrBot, or choose a service with --service." | "请在 AstrBot 中添加服务商，或用 --service 选择服务。";
    AstrBotConfig astrbot_several(ids):
        "AstrBot has several chat providers:\n{ids}" | "AstrBot 中有多个对话服务商：\n{ids}",
        "" | "",
        "Choose one with --provider ID." | "请用 --provider ID 选择其一。";
    AstrBotConfig astrbot_no_such_provider(id, ids):
        "AstrBot has no chat provider `{id}`. It has:\n{ids}" | "AstrBot 中没有对话服务商 `{id}`。现有：\n{ids}",
        "" | "",
        "Choose one with --provider ID." | "请用 --provider ID 选择其一。";
    AstrBotConfig astrbot_same_name(id, count):
        "{count} of AstrBot's providers have the id `{id}` and differ." | "AstrBot 中有 {count} 个 id 为 `{id}` 且内容不同的服务商。",
        "It is not clear which one is meant." | "无法确定指的是哪一个。",
        "Rename them in AstrBot, or run the command on a terminal, which asks by number." | "请在 AstrBot 中改名，或在终端中运行并按编号选择。";
    AstrBotConfig astrbot_not_mapped(id, why):
        "OpenClaw cannot use AstrBot's provider `{id}`: {why}" | "OpenClaw 无法使用 AstrBot 的服务商 `{id}`：{why}",
        "" | "",
        "Choose another with --provider ID, or a service with --service." | "请用 --provider ID 选择其他服务商，或用 --service 选择服务。";
    AstrBotConfig astrbot_key_unset(id, name):
        "AstrBot's provider `{id}` reads its key from the environment variable {name}, which is not set here."
            | "AstrBot 的服务商 `{id}` 从环境变量 {name} 读取密钥，而此处没有设置该变量。",
        "The variable is set for AstrBot's process only." | "该变量只为 AstrBot 进程设置。",
        "Set it for this command as well (export {name}=…), or pass --key-file FILE." | "请为本命令也设置该变量（export {name}=…），或用 --key-file 文件。";
    AstrBotConfig astrbot_no_key(id):
        "AstrBot's provider `{id}` has no key." | "AstrBot 的服务商 `{id}` 没有密钥。",
        "" | "",
        "Set it in AstrBot, or pass --key-env or --key-file." | "请在 AstrBot 中设置，或用 --key-env、--key-file 提供。";
}
