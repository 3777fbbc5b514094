"""The Star's texts, Chinese and English side by side. One file per idea."""

from . import approvals, astrbot_commands, chat, files, projects, setup, status, tasks, timers

_FILES = (chat, projects, tasks, files, timers, approvals, astrbot_commands, status, setup)

#: Text by key: Chinese, English.
TEXTS: dict[str, tuple[str, str]] = {key: text for file in _FILES for key, text in file.TEXTS.items()}
