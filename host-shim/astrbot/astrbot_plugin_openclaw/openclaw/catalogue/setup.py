"""The component, the module and the settings."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # The component.
    "component_refused": (
        "插件目录中的 openclaw_plugin.wasm 未被采用，继续使用自带的组件：{why}",
        "Using the bundled component; openclaw_plugin.wasm in the plugin folder was rejected: {why}"),
    "no_component": ("没有可用的组件：{why}", "No usable component: {why}"),
    "unreadable": ("文件无法读取，请检查路径与权限（{why}）", "{why}"),
    "not_a_component": ("它不是 WebAssembly 组件（{why}）", "{why}"),
    "no_compiler": (
        "组件需要编译，请把同一版本的 host-shim 放入 AstrBot 的 PATH，然后重载插件（{why}）", "{why}"),
    "not_compiled": ("它不是可用的组件：可能已损坏、不完整，或接口、版本与本插件不符（{why}）", "{why}"),
    "other_world": ("接口或版本与本插件不符，请使用同一版本项目构建的组件（{why}）", "{why}"),
    "artifact": ("机器码无法使用，请删除插件数据目录中的 components 后重载插件（{why}）", "{why}"),
    "unusable": ("组件无法运行（{why}）", "{why}"),

    # The module.
    "module_incomplete": (
        "模块 astr_openclaw 不完整（{why}），请重新安装插件。",
        "The module astr_openclaw is incomplete ({why}). Reinstall the plugin."),
    "wheel_foreign": (
        "插件自带的 wheel 不适用于本机（{here}），请换用对应平台的插件包。",
        "The bundled wheel does not support this machine ({here}). Install the plugin package for your platform."),
    "module_unloadable": (
        "模块 astr_openclaw 无法在本机加载（{here}）：{why}",
        "Cannot load the module astr_openclaw on this machine ({here}): {why}"),
    "restart_needed": (
        "astr_openclaw 已升级到 {wanted}，但当前进程加载的仍是 {loaded}，请重启 AstrBot。",
        "astr_openclaw was upgraded to {wanted}, but this process still runs {loaded}. Restart AstrBot."),
    "module_other_version": (
        "需要 astr_openclaw {wanted}，当前安装的是 {installed}：请在插件目录执行 pip install -r requirements.txt，然后重启 AstrBot。",
        "astr_openclaw {wanted} is required, but {installed} is installed. Run pip install -r requirements.txt in the plugin folder, then restart AstrBot."),

    # Settings.
    "not_a_config": (
        "插件配置应为一组设置项，实际是 {value}",
        "the plugin's config must be an object, not {value}"),
    "not_one_of": (
        "{key}：不支持 {value}，可选值：{allowed}",
        "{key}: {value} is not allowed; use one of {allowed}"),
    "not_a_number": (
        "{key}：不支持 {value}，应为 {least:g} 到 {most:g} 之间的数字",
        "{key}: {value} is not allowed; use a number from {least:g} to {most:g}"),
    "not_a_list": (
        "{key}：不支持 {value}，应为文本列表",
        "{key}: {value} is not allowed; use a list of strings"),
    "not_a_text": ("{key}：不支持 {value}，应为文字", "{key}: {value} is not allowed; use a string"),
    "not_a_switch": (
        "{key}：不支持 {value}，应为 true 或 false",
        "{key}: {value} is not allowed; use true or false"),
    "not_by_level": (
        "{key}：应为按级别（L0 到 L4）分组的工具名列表",
        "{key}: use lists of tool names, one per level (L0 to L4)"),
    "not_by_approval": (
        "{key}：应为按确认人（{allowed}）分组的工具名列表",
        "{key}: use lists of tool names, one per approver ({allowed})"),
    "not_by_level_approval": (
        "{key}：应为按级别（L0 到 L4）设置的确认人",
        "{key}: set who approves, by level (L0 to L4)"),
    "unknown_level": (
        "{key}：未知级别 {value}，可选值：{allowed}",
        "{key}: unknown level {value}; use one of {allowed}"),
    "and": ("、", ", "),
    "semicolon": ("；", "; "),
}
# fmt: on
