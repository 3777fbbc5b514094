"""What secrets look like, by family. A match of `SHAPES` is masked whole; of `VALUES` the first group stays
and the second is masked, unless it is a placeholder or ordinary prose."""

from __future__ import annotations

import re

# fmt: off
SHAPES: dict[str, re.Pattern[str]] = {
    "private key": re.compile(
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)", re.S
    ),
    "JSON web token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}", re.A),
    # A digit distinguishes them from hyphenated words, such as `sk-learn-…`.
    "OpenAI, Anthropic, DeepSeek": re.compile(r"\b(?:sk|rk|pk|ak)-(?=[\w-]*\d)[\w-]{16,}|\bsess-[\w-]{20,}", re.A),
    "other model providers": re.compile(r"\b(?:gsk_|hf_|r8_)[A-Za-z0-9]{16,}|\b(?:xai|pplx|nvapi|tvly)-[\w-]{20,}", re.A),
    "Stripe": re.compile(r"\b[sr]k_(?:live_|test_)?[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/=]{16,}"),
    "GitHub, GitLab": re.compile(r"\b(?:gh[pousr]_|gh[pousr]-|github_pat_|gl(?:pat|ptt|rt|dt|soat|cbt)-)[\w-]{16,}", re.A),
    "Slack": re.compile(r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{10,}|\bxapp-[\w-]{10,}|\bhooks\.slack\.com/[a-z]+/[\w/-]{10,}", re.A),
    "Discord": re.compile(r"\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}|(?<=/api/webhooks/)\d{10,}/[\w-]{20,}", re.A),
    "Telegram": re.compile(r"(?<![\w-])(?:bot)?\d{8,10}:[\w-]{35}(?![\w-])", re.A),
    "Feishu, WeCom, DingTalk hooks": re.compile(
        r"(?<=/open-apis/bot/v2/hook/)[\w-]{16,}|(?<=/cgi-bin/webhook/send\?key=)[\w-]{16,}", re.A
    ),
    "AWS": re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
    "Google": re.compile(r"\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}|(?<!\w)1//0[\w-]{30,}", re.A),
    "Tencent, Aliyun": re.compile(r"\bAKID[A-Za-z0-9]{32,}|\bLTAI[A-Za-z0-9]{12,}"),
    "package registries": re.compile(r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{40,}|\bdckr_pat_[\w-]{20,}", re.A),
    "other services": re.compile(
        r"\bSG\.[\w-]{16,}\.[\w-]{16,}|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|\bsq0[a-z]{3}-[\w-]{22,}|\bdo[opr]_v1_[a-f0-9]{64}"
        r"|\bhvs\.[\w-]{20,}|\btskey-[\w-]{16,}|\blin_api_\w{30,}|\b(?:secret|ntn)_[A-Za-z0-9]{40,}|\bPMAK-[\w-]{30,}"
        r"|\bAGE-SECRET-KEY-1[0-9A-Z]{50,}",
        re.A,
    ),
    "password hash": re.compile(r"\$(?:1|5|6|y|2[abxy]|apr1|argon2id?)\$[./+A-Za-z0-9$=,]{20,}"),
}

# How names of secrets end: `token`, `GITHUB_TOKEN`, `accessToken`, `x-api-key`, `API Key`. Their start does
# not matter, and matching it would be slow on long texts.
_KEY = r"(?:api|app|access|secret|private|encryption|signing|auth|account|master|service)[ _-]?keys?"
_NAME = (
    rf"(?:token|secrets?|passwords?|passphrase|passcode|passwd|pwd|[_-]pass|{_KEY}(?:[ _-](?:id|secret))?|credentials?|_auth|mnemonic)"
)
_BETWEEN = r"\\?[\"'`*_]{0,3}[ \t]{0,3}(?:=>|:=|[:=：＝])[ \t]{0,3}[*_]{0,3}[ \t]{0,3}"
_SCHEMES = r"(?:Bearer|Basic|Token|Digest|Negotiate|ApiKey|AWS4-HMAC-SHA256)[ \t]+"
_WORD = r"[!#-&(-+\--:=?-Z\[\]^_a-z|~]"  # ASCII except quotes, commas, semicolons, backslashes, angle brackets.

_CHINESE = (
    r"(?:令牌|密[钥匙码]|密鑰|密碼|金鑰|[秘祕][钥鑰匙]|口令|授[权權][码碼]|[验驗][证證][码碼]|[访訪][问問][码碼]|提取[码碼]|私[钥鑰]|[凭憑][证證])"
)

VALUES: dict[str, re.Pattern[str]] = {
    "user and password in a URL": re.compile(
        r"(\b[a-z][a-z0-9+.-]{1,30}://[^\s:@/?#'\"]{0,200}:)((?!\d{1,5}/)[^\s@'\"<>]{1,300})(?=@[\w\[])", re.I
    ),
    "token in a URL": re.compile(r"(\bhttps?://)([\w-]{20,400})(?=@[\w\[])", re.I | re.A),
    "query": re.compile(r"([?&](?:sig|signature|x-amz-signature|x-amz-security-token|sign|code|ticket|key|auth)=)([^\s&#\"'<>]{12,})", re.I),
    "header": re.compile(rf"(\b(?:proxy-)?authorization{_BETWEEN}[\"'`]?(?:{_SCHEMES})?)((?=[^\n\"'`]*[\d=/+.])[^\s\"'`][^\n\"'`]{{5,}})", re.I),
    "cookie": re.compile(r"(\b(?:set-)?cookie[\"'`]?[ \t]*[:=：][ \t]*[\"'`]?)([\w.-]+=[^\n\"'`]{3,})", re.I),
    "session": re.compile(r"(\b(?:[a-z]*sess(?:ion)?_?id|sid|connect\.sid)=)([^\s;,&\"']{8,})", re.I),
    "scheme": re.compile(r"(\b(?:Bearer|Token)[ \t]+)((?=\S*\d)[\w+/=.~-]{12,})", re.A),
    "basic": re.compile(r"(\bBasic[ \t]+)([A-Za-z0-9+/]{6,}={0,2})(?![\w-])"),
    # `name: "any text"`: everything inside the quotes, escaped quotes too.
    "quoted": re.compile(rf"({_NAME}{_BETWEEN}\\?(?P<q>[\"'`]))((?:(?!(?P=q))[^\n\\]|\\[^\"'`\n]){{3,}})(?=\\?(?P=q)|\n|\Z)", re.I),
    "named": re.compile(rf"({_NAME}{_BETWEEN}(?:{_SCHEMES})?)({_WORD}{{4,}})", re.I),
    "in a tag": re.compile(rf"({_NAME}>[ \t]*)([^<\n]{{3,}})(?=</)", re.I),
    "Chinese name": re.compile(
        rf"({_CHINESE}(?:[ \t]{{0,2}}[(（][^)）\n]{{0,20}}[)）])?[\"'`*_”」』]{{0,3}}[ \t]{{0,3}}(?:[:=：＝]|是|为|為|叫)[ \t]{{0,3}}[\"'`*_“「『]{{0,3}})"
        rf"([!-&(-+\--\[\]^_a-~]{{4,}})"
    ),
    "Chinese name, quoted": re.compile(rf"({_CHINESE}[\"'`*_”」』]{{0,3}}[ \t]{{0,3}}(?:[:=：＝]|是|为|為)[ \t]{{0,3}}[\"'`“「『])([^\"'`”」』\n]{{3,}})"),
    "flag": re.compile(
        r"((?<![\w-])(?:--?(?:password|passwd|pass|token|api-key|secret|access-token)(?:=|[ \t]+)|sshpass[ \t]+-p[ \t]*)[\"']?)([^\s\"']{4,})", re.I
    ),
    "mysql": re.compile(r"(\bmysql\w*\b[^\n]{0,200}?[ \t]-p)([^\s\"'-][^\s\"']{2,})"),
    "curl": re.compile(r"(\bcurl\b[^\n]{0,200}?[ \t](?:-u|--user)[ =]?[\"']?[^\s:\"']{1,100}:)([^\s\"']{1,200})"),
    "netrc": re.compile(r"(\blogin[ \t\n]+\S+[ \t\n]+password[ \t\n]+)(\S+)"),
    "pgpass": re.compile(r"(^[\w.*-]+:(?:\d{2,5}|\*):[\w.*-]+:[\w.*-]+:)(\S+)$", re.M),
    "docker": re.compile(r"(\"auth\"[ \t]*:[ \t]*\")([A-Za-z0-9+/=]{8,})(?=\")"),
    "wifi": re.compile(r"(\bWIFI:[^\n]{0,100}?;P:)([^;\n]+)"),
    "recovery phrase": re.compile(
        r"((?:助[记記][词詞]|mnemonic|(?:seed|recovery)[ _-](?:phrase|words?))\W{0,6})((?:[a-z]{3,8}[ \t\n,]+){11,23}[a-z]{3,8})", re.I
    ),
}

#: What may replace a secret: placeholders, types, code that fetches it.
HARMLESS = re.compile(
    r"(?:null|none|nil|true|false|undefined|required|optional|string|str|bytes|int|integer|number|bool(?:ean)?|object|text|secret|secure"
    r"|password|token|hidden|invalid|missing|pass|expired|wrong|empty|unset|redacted|changeme|\$\{?\w+\}?|\$\(.*|\$\{\{.*|%\w+%|\{+[\w. ]*\}*|\[\w+\]"
    r"|[*x.…•-]{3,}|(?:your|my|the)[ _-][\w -]*|os\.\w+.*|process\.env.*|env\.\w+.*|(?:get|load|read|fetch|new|make|create)\w*\(.*|self\.\w+.*|\w+\.\w+\(.*|＊+)",
    re.I,
)
