/// The table of settings, passed to the macro named in the call. It generates the types, defaults, checks,
/// key list, `wit/` conversions and settings pages.
///
/// A row: the field (its name in `wit/`, empty if converted by hand): kind = default, then the key as users
/// write it, its `serde` module, the allowed range, the environment variable, and title and hint in both
/// languages. Durations are in milliseconds, `Mib` in mebibytes. A key whose default is an end of its range
/// is a guard, which can only be tightened.
#[doc(hidden)]
#[macro_export]
macro_rules! settings {
    ($($then:ident)::+ $(, $given:tt)*) => { $($then)::+! { $($given,)*
        Config {
            gateway_primary_url (): Url = String::new(), { "gateway_primary_url", env "OPENCLAW_GATEWAY_URL",
                en "Gateway address": "Scheme, host and port, such as http://127.0.0.1:18789; no path. Inside a container, 127.0.0.1 is the container itself.",
                zh "网关地址": "协议、主机和端口，例如 http://127.0.0.1:18789，不带路径。在容器里，127.0.0.1 指容器自身。" };
            gateway_bearer_token (): Secret = Default::default(), { "gateway_bearer_token" with "crate::config::as_text::secret", env "OPENCLAW_GATEWAY_TOKEN",
                en "Gateway token": "OPENCLAW_GATEWAY_TOKEN from the sidecar's .env, without `Bearer ` and without spaces. Never logged.",
                zh "网关令牌": "边车 .env 里的 OPENCLAW_GATEWAY_TOKEN，不带 Bearer，不含空格。不会写入日志。" };
            gateway_agent_id (agent_id): Name = "main".to_owned(), { "gateway_agent_id", env "OPENCLAW_GATEWAY_AGENT_ID",
                en "OpenClaw agent": "The agent that answers.",
                zh "OpenClaw 智能体": "负责回答的智能体。" };
            level_agents (level_agents): Flag = false, { "gateway_level_agents",
                en "Level agents": "The level picks the gateway's agent, so it limits the gateway's own tools too. Turn this on only if the gateway, and the backup too, has these agents (host-shim sidecar init and upgrade write them): OpenClaw 2026.2.9 creates a missing agent on the fly, with all tools.",
                zh "级别智能体": "由级别决定网关使用哪个智能体，从而也限制网关自带的工具。只有网关（包括备用网关）都已配置这些智能体时才能开启（host-shim sidecar init 和 upgrade 会写入）；OpenClaw 2026.2.9 遇到未知智能体会自动创建，并开放全部工具。" };
            level_agent_names (level_agent_names): Names = Vec::new(), { "gateway_level_agent_names",
                en "Names of the level agents": "The agents for L0 to L4, five names in this order. Leave empty for the agent's id followed by -l0 to -l4.",
                zh "各级别智能体的名称": "L0 到 L4 的智能体，按此顺序填写五个名称。留空则为智能体名称加 -l0 到 -l4。" };
            gateway_backup_url (): OptUrl = None, { "gateway_backup_url", env "OPENCLAW_GATEWAY_BACKUP_URL",
                en "Backup gateway address": "Optional. Used only when the request certainly did not reach the primary gateway, or the primary's breaker is open.",
                zh "备用网关地址": "可选。只有确定请求没有到达主网关，或主网关熔断时才会使用。" };
            gateway_backup_bearer_token (): OptSecret = None, { "gateway_backup_bearer_token" with "crate::config::as_text::opt_secret",
                en "Backup gateway token": "Leave empty to use the primary's token.",
                zh "备用网关令牌": "留空则与主网关相同。" };
            max_answer_bytes (max_answer_bytes): Bytes = 8_388_608, { "max_answer_bytes", in 1_024 to 16_777_216,
                en "Answer size limit (bytes)": "An answer or turn that exceeds this ends with protocol_error.",
                zh "回答大小上限（字节）": "单个回答或整个任务的回答超过此大小时，以 protocol_error 结束。" };
            max_tool_rounds (max_tool_rounds): Count = 8, { "max_tool_rounds", in 0 to 64,
                en "Tool rounds": "Rounds of tool calls in one turn.",
                zh "工具轮数上限": "一个任务最多进行几轮工具调用。" };
            files_level (files_level): Level = Level::Act, { "files_level",
                en "Level for files": "The lowest level at which the agent may send files that it made. At L0 it never may.",
                zh "发送文件所需级别": "智能体可以发送其生成的文件的最低级别；L0 始终不能发送。" };
            max_files (max_files): Count = 5, { "max_files", in 0 to 16,
                en "Files per turn": "How many files the agent may send in one turn, each up to 10 MiB and together up to 20 MiB.",
                zh "每个任务的文件数上限": "智能体在一个任务中最多发送几个文件，每个不超过 10 MiB，合计不超过 20 MiB。" };
            locale (locale): Locale = Locale::En, { "locale",
                en "Language": "The language of causes, remedies and notices.",
                zh "语言": "原因、处理办法和提示的语言。" };
        }
        Limits {
            max_level (max_level): Level = Level::Root, { "max_level",
                en "Level cap": "No turn gets more than this: L0 talk only, L1 read-only tools, L2 AstrBot commands and tools, L3 the host without root, L4 root.",
                zh "级别上限": "任何任务都不会超过此级别：L0 只对话，L1 只读工具，L2 AstrBot 命令与工具，L3 主机（非 root），L4 root。" };
            heavy_floor (heavy_floor): Mib = 512, { "heavy_floor_mib" with "crate::config::as_text::mib", in 512 to 16_777_216,
                en "Memory for heavy turns (MiB)": "Heavy turns are refused when less memory is available.",
                zh "重任务内存下限（MiB）": "可用内存低于此值时拒绝重任务。" };
            read_only_floor (read_only_floor): Mib = 350, { "read_only_floor_mib" with "crate::config::as_text::mib", in 350 to 16_777_216,
                en "Memory for levels above L1 (MiB)": "Heavy turns are refused and the level is at most L1 when less memory is available.",
                zh "只读内存下限（MiB）": "可用内存低于此值时拒绝重任务，且级别最多 L1。" };
            breaker_failures (breaker_failures): Count = 2, { "breaker_failures", in 1 to 2,
                en "Failures before the breaker opens": "Failures in a row that open a gateway's breaker.",
                zh "熔断失败次数": "连续失败几次后熔断。" };
            breaker_open (breaker_open_ms): Ms = 60_000, { "breaker_open_seconds" with "crate::json::seconds", in 60_000 to 86_400_000,
                en "Breaker open time (s)": "How long a breaker stays open before a trial turn is let through.",
                zh "熔断时长（秒）": "熔断多久之后放行一次试探。" };
            queue_length (queue_length): Count = 8, { "queue_length", in 0 to 64,
                en "Queue length": "One turn runs at a time; this many more may wait, with at most 16 MiB together.",
                zh "排队上限": "同时只运行一个任务；此项为最多排队数，合计不超过 16 MiB。" };
            queue_wait (queue_wait_ms): Ms = 120_000, { "queue_wait_seconds" with "crate::json::seconds", in 0 to 3_600_000,
                en "Queue wait (s)": "How long a turn may wait in the queue.",
                zh "排队时限（秒）": "任务最多排队多久。" };
            background_length (background_length): Count = 16, { "background_length", in 0 to 64,
                en "Background queue length": "How many background turns may wait. They go when no other turn waits, and do not use the others' slots.",
                zh "后台排队上限": "最多多少个后台任务排队。没有其他任务排队时才轮到后台任务，且不占用其他任务的名额。" };
            background_wait (background_wait_ms): Ms = 3_600_000, { "background_wait_seconds" with "crate::json::seconds", in 0 to 86_400_000,
                en "Background wait (s)": "How long a background turn may wait in the queue.",
                zh "后台排队时限（秒）": "后台任务最多排队多久。" };
            heavy_bytes (heavy_bytes): Bytes = 262_144, { "heavy_bytes", in 0 to 262_144,
                en "Heavy request size (bytes)": "A turn whose request is larger is heavy.",
                zh "重任务请求大小（字节）": "请求超过此大小的任务为重任务。" };
            heavy_words (heavy_words): Words = HEAVY_WORDS.map(str::to_owned).to_vec(), { "heavy_words",
                en "Heavy words": "A turn whose text has one of these words, in any case, is heavy. Replaces the default list.",
                zh "重任务词": "文字含有其中任一词（不分大小写）的任务为重任务。设置后取代默认词表。" };
        }
        Timeouts {
            connect (connect_timeout_ms): Ms = 10_000, { "connect_timeout_seconds" with "crate::json::seconds", in 1 to 600_000,
                en "Connect timeout (s)": "How long connecting to the gateway may take.",
                zh "连接时限（秒）": "连接网关最多等待多久。" };
            first_byte (first_byte_timeout_ms): Ms = 300_000, { "first_byte_timeout_seconds" with "crate::json::seconds", in 1 to 86_400_000,
                en "First byte timeout (s)": "How long the gateway may take to begin its answer.",
                zh "首字节时限（秒）": "网关开始应答前最多等待多久。" };
            idle (idle_timeout_ms): Ms = 300_000, { "idle_timeout_seconds" with "crate::json::seconds", in 1 to 86_400_000,
                en "Idle timeout (s)": "The longest silence within an answer. Minutes are normal while an agent works.",
                zh "静默时限（秒）": "应答过程中最多静默多久；智能体工作时静默数分钟是正常的。" };
            turn (turn_timeout_ms): Ms = 1_800_000, { "turn_timeout_seconds" with "crate::json::seconds", in 1 to 86_400_000,
                en "Turn timeout (s)": "How long a whole turn may take with its tools, not counting the queue or waiting for approval.",
                zh "任务总时限（秒）": "整个任务（含工具）最多多久，不含排队和等待确认的时间。" };
            approval (approval_timeout_ms): Ms = 300_000, { "approval_timeout_seconds" with "crate::json::seconds", in 1_000 to 3_600_000,
                en "Approval timeout (s)": "How long a tool call waits for approval before it counts as rejected.",
                zh "确认时限（秒）": "工具调用等待确认的最长时间，超时视为拒绝。" };
        }
        Files {
            gateway_bearer_token_file (): File = (), { "gateway_bearer_token_file",
                en "Gateway token file": "A file that holds the gateway token, instead of the token itself.",
                zh "网关令牌文件": "存放网关令牌的文件，用来代替令牌本身。" };
            gateway_backup_bearer_token_file (): File = (), { "gateway_backup_bearer_token_file",
                en "Backup token file": "A file that holds the backup gateway's token.",
                zh "备用网关令牌文件": "存放备用网关令牌的文件。" };
        }
    } };
}
