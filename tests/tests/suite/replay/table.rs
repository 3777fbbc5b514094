//! What the component must make of each recorded answer. Derived from the fault table and from how
//! the gateway is known to behave, not from what the code does.

use host_shim::FaultCode::{self, *};

/// How a turn that gets a recorded answer must end.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// A reply with this text; its id and usage are the recorded ones.
    Reply(&'static str),
    /// A reply of so many bytes, `x` and line breaks.
    LongReply(usize),
    /// These tools are run with these arguments, and their outputs are sent.
    Calls(&'static [(&'static str, &'static str)]),
    /// A fault whose message has these words of the gateway's. The HTTP status is the recorded
    /// one.
    Fault(FaultCode, &'static str),
    /// `stream_interrupted` with this part of the answer.
    Interrupted(&'static str),
}

use Expected::*;

/// One recorded answer that a `POST /v1/responses` of ours could get.
pub type Row = (&'static str, Expected);

/// One exchange that cannot be replayed, and why.
pub type Unusable = (&'static str, &'static str);

const PONG: Expected = Reply("PONG from fake upstream.");
const TICKS: Expected = Reply("tick0 tick1 tick2 tick3 tick4 tick5");
const NOT_ENABLED: Expected = Fault(ResponsesEndpointNotEnabledOrNotFound, "");
const UNAUTHORIZED: Expected = Fault(AuthFailed, "Unauthorized");
/// The whole text is 2026.2.9's stock sentence: so its failures look.
const STOCK_SENTENCE: Expected = provider("");
const WEATHER: (&str, &str) = ("get_weather", r#"{"city":"Paris","unit":"c"}"#);

const fn rejected(words: &'static str) -> Expected {
    Fault(RequestRejected, words)
}

const fn provider(words: &'static str) -> Expected {
    Fault(ModelProviderFailed, words)
}

pub const V2026_2_9: &[Row] = &[
    ("01_no_token", UNAUTHORIZED),
    ("02_wrong_token", UNAUTHORIZED),
    ("02b_no_bearer_prefix", UNAUTHORIZED),
    ("02c_no_token_bad_json", UNAUTHORIZED),
    ("03_simple_nonstream", PONG),
    ("04_simple_stream", PONG),
    (
        "05_multiline_stream",
        Reply("Line one\n\nLine three — 中文 🦞\n```py\nprint(1)\n```"),
    ),
    (
        "07_invalid_json",
        rejected("SyntaxError: Unexpected end of JSON input"),
    ),
    ("07b_empty_body", rejected("model: Invalid input")),
    ("08_missing_input", rejected("input: Invalid input")),
    ("08b_missing_model", rejected("model: Invalid input")),
    (
        "08c_empty_input",
        rejected("Missing user message in `input`."),
    ),
    (
        "08e_only_system",
        rejected("Missing user message in `input`."),
    ),
    ("08f_no_type_message", rejected("input: Invalid input")),
    (
        "08g_unknown_key",
        rejected("Unrecognized key: \"parallel_tool_calls\""),
    ),
    ("08i_no_content_type", PONG),
    ("09_wrong_model", PONG),
    ("10_model_main", PONG),
    ("10b_header_main", PONG),
    ("11_unknown_agent_model", PONG),
    ("12_disabled_notoken", NOT_ENABLED),
    ("12_disabled_token", NOT_ENABLED),
    ("12b_disabled_noui_token", NOT_ENABLED),
    (
        "20_tool_nonstream",
        Reply("Tool said: Tool get_weather not found"),
    ),
    ("20b_fco_only_same_user", PONG),
    ("20c_fco_prev_id_no_user", PONG),
    ("20d_fco_full_input", PONG),
    (
        "21_tool_stream",
        Reply("Tool said: Tool get_weather not found"),
    ),
    ("21b_tool_stream_followup", PONG),
    (
        "22_texttool_nonstream",
        Reply("Let me check that.\n\nTool said: Tool get_weather not found"),
    ),
    (
        "23_twotools_nonstream",
        Reply("Tool said: Tool get_time not found"),
    ),
    // To a turn without tools; with tools the other shape is tried (wire/tools.rs).
    ("24_flat_tool", rejected("tools.0.function: Invalid input")),
    ("24b_tool_strict_key_inner", PONG),
    (
        "24c_tool_strict_key_outer",
        rejected("Unrecognized key: \"strict\""),
    ),
    (
        "24d_tool_builtin_name_conflict",
        Reply(
            "Tool said: Validation failed for tool \"exec\":\n  - command: must have required \
             property 'command'\n\nReceived arguments:\n{\n  \"city\": \"Paris\",\n  \
             \"unit\": \"c\"\n}",
        ),
    ),
    (
        "24e_tool_unlisted_called",
        Reply("Tool said: Tool not_there not found"),
    ),
    (
        "24f_no_tools_upstream_calls",
        Reply("Tool said: Tool get_weather not found"),
    ),
    ("25_tool_choice_none", PONG),
    ("25b_tool_choice_required", PONG),
    (
        "25c_tool_choice_required_notools",
        rejected("no tools were provided"),
    ),
    ("25d_tool_choice_fn_nested", PONG),
    (
        "25e_tool_choice_fn_flat",
        rejected("tool_choice: Invalid input"),
    ),
    ("26_instructions", PONG),
    ("26b_system_msg", PONG),
    ("27_max_output_tokens", PONG),
    ("27b_len", Reply("cut off")),
    (
        "27c_max_output_tokens_0",
        rejected("max_output_tokens: Too small"),
    ),
    // Its usage proves that the model answered: with nothing.
    ("28_empty_nonstream", Reply("")),
    ("30b_image_openai_style", rejected("input: Invalid input")),
    ("30c_image_url_loopback", rejected("SsrFBlockedError")),
    ("30d_image_bad_b64", PONG),
    ("30e_image_bmp", rejected("input: Invalid input")),
    (
        "30f_image_only_no_text",
        rejected("Missing user message in `input`."),
    ),
    (
        "30g_image_dataurl_in_url",
        rejected("Invalid URL: must be http or https"),
    ),
    ("31_file_b64", PONG),
    (
        "31b_file_bad_mime",
        rejected("Unsupported file MIME type: application/zip"),
    ),
    ("31c_file_url_loopback", rejected("SsrFBlockedError")),
    (
        "32_image_too_big_10MB",
        rejected("Image too large: 11010048 bytes"),
    ),
    ("33c_body_21MB_notoken", UNAUTHORIZED),
    // Not streamed, 2026.2.9 gives the provider's error as the agent's words. Its usage of zero is
    // no proof, since some providers never report any: it stays a reply.
    (
        "40_up_MAGIC_401_nonstream",
        Reply("401 Incorrect API key provided (401)"),
    ),
    ("40_up_MAGIC_401_stream", STOCK_SENTENCE),
    (
        "40_up_MAGIC_429_nonstream",
        Reply("HTTP 429: fake upstream rate limit (429)"),
    ),
    (
        "40_up_MAGIC_500_nonstream",
        Reply("500 fake upstream exploded (500)"),
    ),
    ("40_up_MAGIC_500_stream", STOCK_SENTENCE),
    (
        "40_up_MAGIC_503_nonstream",
        Reply("The AI service is temporarily overloaded. Please try again in a moment."),
    ),
    ("40_up_MAGIC_503_stream", STOCK_SENTENCE),
    ("40_up_MAGIC_CTX_stream", STOCK_SENTENCE),
    (
        "40_up_MAGIC_DROP_nonstream",
        Reply(
            "terminated\n\npart0 part1 part2\n\npart0 part1 part2\n\npart0 part1 part2\n\n\
             part0 part1 part2",
        ),
    ),
    ("41_refused_nonstream", STOCK_SENTENCE),
    ("41_refused_stream", STOCK_SENTENCE),
    ("42_timeout8_after", PONG),
    ("42_timeout8_hang_nonstream", STOCK_SENTENCE),
    ("42_timeout8_hang_stream", STOCK_SENTENCE),
    ("42_timeout8_midhang_nonstream", STOCK_SENTENCE),
    ("50_hang_nonstream_default", STOCK_SENTENCE),
    ("50b_hang_stream_default", STOCK_SENTENCE),
    // The deltas came twice, the final text once.
    ("50c_midhang_stream_default", Reply("part0 part1 part2")),
    ("60_session_user_0", PONG),
    ("60_session_user_1", PONG),
    ("60b_session_header_0", PONG),
    ("60b_session_header_1", PONG),
    ("60c_prev_0", PONG),
    ("60c_prev_1", PONG),
    ("60d_session_header_plain", PONG),
    ("60f_slash_new", PONG),
    ("60g_slash_status", PONG),
    ("60h_stop_word", PONG),
    ("61_par_diff6_ns_0", TICKS),
    ("61_par_diff6_ns_1", TICKS),
    ("61_par_diff6_ns_2", TICKS),
    ("61_par_diff6_ns_3", TICKS),
    ("61_par_diff6_ns_4", TICKS),
    ("61_par_diff6_ns_5", TICKS),
    ("61_par_diff_ns_0", TICKS),
    ("61_par_diff_ns_1", TICKS),
    ("61_par_diff_st_0", TICKS),
    ("61_par_diff_st_1", TICKS),
    ("61_par_same_ns_0", TICKS),
    ("61_par_same_ns_1", TICKS),
    ("61_par_same_st_0", TICKS),
    ("61_par_same_st_1", TICKS),
    // The recording client left here; replayed, it is the gateway that closes.
    (
        "62_disconnect_midstream",
        Interrupted("tick0 tick1 tick2 tick3"),
    ),
    ("62b_next_same_session_after_disconnect", PONG),
    ("62d_next_same_session_after_disconnect", PONG),
    (
        "63_sigterm_midstream",
        Interrupted(
            "tick0 tick1 tick2 tick3 tick4 tick5 tick6 tick7 tick8 tick9 tick10 tick11 tick12",
        ),
    ),
    ("71_ui_POST_v1_responses_query", PONG),
    ("71_ui_POST_v1_responses_slash", NOT_ENABLED),
    (
        "72_orig_config_ok_token",
        provider("No API key found for provider"),
    ),
    // The stream stays open for ever after `response.failed`.
    (
        "72_orig_config_ok_token_stream",
        provider("No API key found for provider"),
    ),
    ("80_accept_encoding_gzip", LongReply(200_199)),
    ("80_accept_encoding_gzip_small", PONG),
    ("81_chunked_request", PONG),
    ("81b_expect_100", PONG),
    ("81c_http10_stream", PONG),
    ("81d_conn_close", PONG),
    ("82_after_authfails_ok", PONG),
    ("82_authfail_last", UNAUTHORIZED),
    ("82c_query_token", UNAUTHORIZED),
    ("82d_lower_bearer", PONG),
];

pub const V2026_9_6: &[Row] = &[
    ("01_no_token", UNAUTHORIZED),
    ("02_wrong_token", UNAUTHORIZED),
    ("03_simple_nonstream", PONG),
    ("04_simple_stream", PONG),
    ("07_invalid_json", rejected("Unexpected end of JSON input")),
    ("08_missing_input", rejected("input: Invalid input")),
    ("08f_no_type_message", rejected("input: Invalid input")),
    (
        "08g2_unknown_key",
        rejected("Unrecognized key: \"foo_bar\""),
    ),
    (
        "08g_unknown_key",
        rejected("Unrecognized key: \"parallel_tool_calls\""),
    ),
    ("09_wrong_model", rejected("Invalid `model`.")),
    ("10_model_main", PONG),
    ("10b_header_main", PONG),
    ("10c_model_slash_main", PONG),
    ("10d_model_default", PONG),
    (
        "11b_unknown_agent_header",
        Fault(ConfigInvalid, "Unknown agent 'ghost2'."),
    ),
    ("20_tool_nonstream", Calls(&[WEATHER])),
    ("20e_tool_nouser", Calls(&[WEATHER])),
    ("21_tool_stream", Calls(&[WEATHER])),
    ("22_texttool_nonstream", Calls(&[WEATHER])),
    (
        "23_twotools_nonstream",
        Calls(&[WEATHER, ("get_time", r#"{"tz":"UTC"}"#)]),
    ),
    ("24_nested_tool", rejected("tools.0.name: Invalid input")),
    // A 400 whose body is a failed response: the request was bad, the provider was not asked.
    (
        "24d_tool_builtin_name_conflict",
        rejected("invalid tool configuration"),
    ),
    // `status` failed.
    (
        "25d_tool_choice_fn_flat",
        provider("required a get_time tool call"),
    ),
    ("28_empty_nonstream", provider("internal error")),
    // A 401, but the provider's: the gateway took our token.
    (
        "40_up_MAGIC_401_nonstream",
        provider("Incorrect API key provided"),
    ),
    ("40_up_MAGIC_401_stream", provider("internal error")),
    (
        "40_up_MAGIC_500_nonstream",
        provider("upstream provider error"),
    ),
    ("40_up_MAGIC_CTX_nonstream", provider("internal error")),
    ("40_up_MAGIC_CTX_stream", provider("internal error")),
    (
        "62_disconnect_midstream",
        Interrupted("tick0 tick1 tick2 tick3 tick4 tick5 tick6"),
    ),
    ("82_after", PONG),
    ("82_authfail_last", UNAUTHORIZED),
];

const OTHER_METHOD: &str = "the component only ever sends POST";
const OTHER_PATH: &str = "the component only ever asks /v1/responses";
const NO_ANSWER: &str = "not a byte of an answer was recorded";

pub const UNUSABLE_2026_2_9: &[Unusable] = &[
    ("06_method_DELETE", OTHER_METHOD),
    ("06_method_GET", OTHER_METHOD),
    ("06_method_GET_notoken", OTHER_METHOD),
    ("06_method_HEAD", OTHER_METHOD),
    ("06_method_OPTIONS", OTHER_METHOD),
    ("06_method_PUT", OTHER_METHOD),
    ("12b_disabled_noui_GET", OTHER_METHOD),
    // The reset of an oversized upload is played by faults/requests.rs.
    ("33_body_21MB", NO_ANSWER),
    ("62c_disconnect_nonstream", NO_ANSWER),
    ("64_port_closed_after_stop", NO_ANSWER),
    ("70_noui_GET_", OTHER_METHOD),
    ("70_noui_GET_api_health", OTHER_METHOD),
    ("70_noui_GET_health", OTHER_METHOD),
    ("70_noui_GET_healthz", OTHER_METHOD),
    ("70_noui_GET_ready", OTHER_METHOD),
    ("70_noui_GET_readyz", OTHER_METHOD),
    ("70_noui_GET_status", OTHER_METHOD),
    ("70_noui_GET_v1_chat_completions", OTHER_METHOD),
    ("70_noui_GET_v1_models", OTHER_METHOD),
    ("71_ui_POST_chat", OTHER_PATH),
    ("72_orig_config_GET_runbook", OTHER_METHOD),
    ("81e_partial_body", NO_ANSWER),
];

pub const UNUSABLE_2026_9_6: &[Unusable] = &[
    ("06_GET_notoken", OTHER_METHOD),
    ("06_method_GET", OTHER_METHOD),
    ("06_method_PUT", OTHER_METHOD),
    ("71_GET_health", OTHER_METHOD),
    ("71_GET_healthz", OTHER_METHOD),
    ("71_GET_ready", OTHER_METHOD),
    ("71_GET_readyz", OTHER_METHOD),
    ("71_GET_v1_models", OTHER_METHOD),
    ("71_GET_v1_models_token", OTHER_METHOD),
];
