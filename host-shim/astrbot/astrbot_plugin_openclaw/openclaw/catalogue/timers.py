"""Timers."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "timer_set": (
        "⏰ 已设定：{line}\n时区：{zone}。到时在后台运行，结果发到本聊天。取消：/{p} 定时 取消 {id}",
        "⏰ Set: {line}\nTime zone: {zone}. It will run in the background and send the result to this chat. Cancel: /{p} timer cancel {id}"),
    "timer_line": ("#{id}　{when}　{task}", "#{id}  {when}  {task}"),
    "timer_daily": ("每天 {clock}，下次 ", "every day {clock}, next "),
    "timer_weekly": ("每{weekday} {clock}，下次 ", "every {weekday} {clock}, next "),
    "timer_every": ("每 {minutes} 分钟，下次 ", "every {minutes} min, next "),
    "timer_last": ("正在开始", "starting now"),
    "timer_weekdays": ("周一 周二 周三 周四 周五 周六 周日", "Mon Tue Wed Thu Fri Sat Sun"),
    "timers": ("定时任务（时区：{zone}）：", "Timers (time zone: {zone}):"),
    "timers_none": (
        "没有定时任务。设定：/{p} 定时 18:30 任务；时间也可以写 10分钟后、明天 9:00、每天 8:00、每周一 9:00、2026-12-01 09:00",
        "There are no timers. Set one: /{p} timer 18:30 task; other times: in 10m, tomorrow 9:00, every day 8:00, every monday 9:00, 2026-12-01 09:00"),
    "timer_cancelled": ("已取消定时任务 {id}。", "Cancelled timer {id}."),
    "timer_unknown": (
        "没有编号为 {id} 的定时任务。发送“/{p} 定时”查看。",
        "There is no timer {id}. “/{p} timer” lists them."),
    "timer_no_task": (
        "请在时间后面写任务，例如：/{p} 定时 18:30 汇总今天的消息",
        "Write the task after the time, for example: /{p} timer 18:30 summarise today's messages"),
    "timer_no_files": (
        "定时任务不能带附件，未设定。",
        "A timer cannot have attachments; it was not set."),
    "timer_unknown_time": (
        "看不懂时间，未设定。可以写：18:30、明天 9:00、10分钟后、每天 8:00、每周一 9:00、每 30 分钟、2026-12-01 09:00",
        "Time not understood; nothing was set. Use 18:30, tomorrow 9:00, in 10m, every day 8:00, every monday 9:00, every 30m or 2026-12-01 09:00"),
    "timer_unclear": (
        "“{time}”后面的“{more}”像是时间的一部分，无法确定是什么时候，未设定。请只写一个时间；如果“{more}”属于任务，请在它前面加空格和冒号",
        "“{more}” after “{time}” looks like part of the time; nothing was set. Write one time; if “{more}” belongs to the task, put a space and a colon before it"),
    "timer_which_half": (
        "“{time}”可能是白天，也可能是夜里，未设定。请写“凌晨”“上午”“下午”，或用 24 小时制，例如 15:00",
        "“{time}” may be by day or by night; nothing was set. Add am or pm, or use 24-hour time such as 15:00"),
    "timer_past": ("{when} 已经过去，未设定。", "{when} has already passed; nothing was set."),
    "timer_no_such_time": ("没有“{time}”这个时间，未设定。", "There is no such time as “{time}”; nothing was set."),
    "timer_skipped": (
        "{when} 因夏令时切换而不存在，未设定。",
        "{when} does not exist because of daylight saving; nothing was set."),
    "timer_too_far": ("最多提前 {days} 天，未设定。", "At most {days} days ahead; nothing was set."),
    "timer_too_often": ("间隔至少 {minutes} 分钟，未设定。", "At least {minutes} minutes between two runs; nothing was set."),
    "timer_too_long": ("定时任务最多 {most} 字，未设定。", "A timer's task may have at most {most} characters; it was not set."),
    "timer_secret": (
        "任务中有疑似密钥或令牌的内容，不能保存，未设定。",
        "The task contains what looks like a key or token, which is not stored; the timer was not set."),
    "timers_share_full": (
        "你已有 {n} 个定时任务，请先取消一个。",
        "You already have {n} timers. Cancel one first."),
    "timers_full": ("定时任务已有 {n} 个，不能再设定。", "There are already {n} timers; no more can be set."),
    "timer_not_kept": ("无法写入磁盘，没有任何改变：{why}", "Could not write to disk; nothing was changed: {why}"),
    "timer_no_scheduler": (
        "此版本的 AstrBot 没有可用的调度器，定时任务无法运行。",
        "This version of AstrBot has no usable scheduler, so timers cannot run."),

    # The result of a run that did not take place.
    "timer_missed": (
        "定时任务 {id} 错过了 {when} 的运行：AstrBot 或插件当时没有运行。未补跑。",
        "Timer {id} missed its run at {when}: AstrBot or the plugin was not running. The run was skipped."),
    "timer_missed_often": ("到现在共错过 {n} 次。", " {n} runs were missed in all."),
    "timers_missed": ("{n} 个定时任务", "{n} timers"),
    "timer_begun": (
        "AstrBot 在定时任务 {id} 于 {when} 开始时停止，这次可能没有运行。未重跑。",
        "AstrBot stopped while timer {id} was starting at {when}; that run may not have taken place. It was not repeated."),
    "timer_not_run": ("定时任务 {id} 到时未能运行：{why}", "Timer {id} was due but could not run: {why}"),
    "timer_next": ("下次运行：{when}", "Next run: {when}"),
}
