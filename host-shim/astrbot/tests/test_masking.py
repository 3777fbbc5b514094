"""What is masked in a group, by family, and what is not: report P9 (attack). Public reports of the
kind: turbolytics/sql-flow#324 (a token where only passwords were looked for), infiniflow/ragflow#17588
(OAuth tokens in a dump of variables), coastal-ms/DST-DuneServerTool#370 (a password in a database URL)."""

from __future__ import annotations

import time

import pytest
from openclaw import masking

S = "Sup3rS3cr3tValue99"

NAMED = [
    f'{{"access_token":"{S}"}}', f'{{"access_token": "{S}", "expires_in": 3600}}', f'{{\\"token\\":\\"{S}\\"}}',
    f"{{'refresh_token': '{S}'}}", f"refreshToken: {S}", f"OPENAI_API_KEY={S}", f'export OPENAI_API_KEY="{S}"',
    f"DB_PASSWORD={S}", f"DB_PASS={S}", f"GITHUB_TOKEN={S}", f"PGPASSWORD={S} psql", f"client_secret={S}",
    f'clientSecret: "{S}"', f"secretKey={S}", f"API Key: {S}", f"api key：{S}", f"Access Key Secret: {S}",
    f"AccountKey={S}==", f"_authToken={S}", f"private_key: {S}", f"token => {S}", f"password: {S}", f"password='{S}'",
    f'"password": "two words {S}"', f"pwd={S};", f"Server=x;User Id=sa;Password={S};", f"**密码**：`{S}`",
    f"- **Password:** `{S}`", f"<password>{S}</password>", f"密码：{S}", f"密码是 {S}", f"口令: {S}", f"令牌 = {S}",
    f"密钥为{S}", f"数据库密码（root）：{S}", f"驗證碼：{S}", f"密碼：「{S}」", f"秘钥：{S}", f"授权码：{S}",
]  # fmt: skip

PLACES = [
    f"Authorization: Bearer {S}", f'"Authorization": "Bearer {S}"', f"authorization: token {S}",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==", "Basic dXNlcjpwYXNzd29yZA==", f"-H 'X-Api-Key: {S}'", f"Bearer {S}",
    f"Proxy-Authorization: Digest {S}", f"Cookie: session={S}; theme=dark", f"Set-Cookie: sid={S}; HttpOnly",
    f"postgres://u:{S}@db:5432/x", f"redis://:{S}@localhost:6379/0", f"mongodb+srv://a:{S}@c.example.net",
    f"amqp://u:{S}@[::1]:5672", f"https://{S}abcdefgh@git.example.net/a/b.git",
    f"https://x.example/cb?access_token={S}&state=1", f"https://x.example/?api_key={S}", f"?a=1&sig={S}", f"?key={S}",
    f"curl -u admin:{S} https://x.example", f"mysql -u root -p{S}", f"tool --password={S}", f"tool --token {S}",
    f"sshpass -p {S} ssh x", f"machine h login u password {S}", f"db.example:5432:app:u:{S}", f"WIFI:T:WPA;S:net;P:{S};;",
    '{"auths":{"x":{"auth":"dXNlcjpwYXNzd29yZA=="}}}',
]  # fmt: skip

SHAPED = [
    "sk-proj-abcdefghijklmnop1234567890", "sk-ant-" + "api03-abcdefghijklmnop1234567890", "gsk_abcdefghijklmnop1234", "hf_abcdefghijklmnopqrst",
    "sk_live_abcdefghijklmnop1234", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "github_pat_11ABCDEFG0abcdefghijkl_mnopqrst",
    "glpat-abcdefghijklmnop1234", "xoxb-1234567890-abcdefghij", "xapp-1-A0123456789-abcdef",
    "https://hooks.slack.com/services/T000/B000/abcdefghijklmnop", "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456/getMe", "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE", "AIzaSyA1234567890abcdefghijklmnopqrstuv", "ya29.a0AfH6SMBabcdefghijklmnop", "LTAI5tAbCdEfGhIjKlMn",
    "AKIDabcdefghijklmnopqrstuvwxyz012345", "npm_abcdefghijklmnopqrstuvwxyz0123456789", "hvs.CAESIabcdefghijklmnopqrst",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEabc and then it is cut off", "root:$6$saltsalt$abcdefghijklmnopqrstuvwxyz012345:19000:0",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMED + PLACES)
def test_a_value_in_a_place_that_says_what_it_is_goes(text: str) -> None:
    masked = masking.mask_secrets(f"看：\n{text}\n完。", ())
    assert "＊＊＊" in masked and masked.startswith("看：") and masked.endswith("\n完。")
    assert S not in masked and "dXNlcjpw" not in masked, masked


@pytest.mark.parametrize("text", SHAPED)
def test_a_secret_with_a_shape_of_its_own_goes(text: str) -> None:
    masked = masking.mask_secrets(f"here: {text}", ())
    assert "＊＊＊" in masked
    assert not any(part in masked for part in ("abcdefghij", "IOSFODNN", "eyJ", "b3Blb", "MIIE", "lQOY")), masked


def test_a_recovery_phrase_goes() -> None:
    words = "abandon ability able about above absent absorb abstract absurd abuse access accident"
    assert words[20:] not in masking.mask_secrets(f"助记词：{words}", ())


@pytest.mark.parametrize("cut", ["\0", "\u200b", "\x1b[0m", "\u202e", "\u00ad"])
def test_what_cannot_be_seen_does_not_hide_a_secret(cut: str) -> None:
    assert S not in masking.mask_secrets(f"password={S[:6]}{cut}{S[6:]}", ())
    token = "my-gateway-token"
    assert masking.mask_tokens(f"{token[:5]}{cut}{token[5:]}", (token,)) == "＊＊＊"


@pytest.mark.parametrize(
    "text",
    [
        "一共用了 120 个 token。", "the token is short", "sk-learn", "sk-learn-extension-pack-for-all", "密码学", "密码错误",
        "请输入密码：", "密码是什么？", "密码长度：8-16 位", "令牌数：4096", "密钥长度=2048", "验证码已发送", "凭证：见附件",
        "我把密码改为更长的了", "Token：模型处理的最小单位", "token 用量：1,234", "total tokens: 123456", "max_tokens=4096",
        "input token: 1200, output token: 340", "Password: must be at least 8 characters", "Token: the unit of text",
        "Cookie: a small piece of data", "Authorization: required for all endpoints", "Basic English and Basic Programming",
        "Bearer authentication is simple", "function signature: compute_sum(a, b)", "secret: santa comes tonight",
        "password=None", "token = os.environ['X']", "token: string", "api_key=${API_KEY}", "password: ********",
        "the password is wrong", "time 12:30:45", "10.0.0.1:8080", "https://example.com/a?page=2&sort=asc",
        "https://example.org/a-b", "user@example.com", "http://host:8080/path@x", "git@github.com:a/b.git",
        "ssh://git@github.com:22/a", "passport: required", "tokenizer: gpt-4", "access key: see the docs for it",
        "Passwords, tokens and keys are secrets: keep them safe.", "class Token: pass", "def login(password: str) -> bool",
        "const token = getToken()", "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "uuid 123e4567-e89b-12d3-a456-426614174000", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==",
        "the API key is invalid", "API keys: how to make them", "[link](https://x.example/?key=short)", "👨‍👩‍👧 🏴 ❤️",
    ],
)  # fmt: skip
def test_ordinary_prose_and_code_are_left_alone(text: str) -> None:
    assert masking.mask_secrets(text, ()) == text


@pytest.mark.parametrize("tokens", [("first-token", "first-token-and-more"), ("first-token-and-more", "first-token")])
def test_of_two_tokens_neither_leaves_the_rest_of_the_other(tokens: tuple[str, ...]) -> None:
    assert masking.mask_tokens("a first-token-and-more b first-token c", tokens) == "a ＊＊＊ b ＊＊＊ c"


@pytest.mark.parametrize(
    "unit",
    ["a_", "-", ".", "token ", "token=", "http://a:", "curl ", "密码", "eyJ", 'password: "', "login a ", "\\", "\x1b["],
)
def test_masking_takes_no_time_worth_mentioning(unit: str) -> None:
    # CPU seconds, of patterns that would take minutes if they were quadratic.
    started = time.process_time()
    masking.mask_secrets(unit * (200_000 // len(unit)), ())
    assert time.process_time() - started < 10
