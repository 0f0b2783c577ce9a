use std::time::Duration;

use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(None, variables)
}

#[test]
fn the_defaults_are_a_node_on_localhost_with_sqlite() {
    let config = load(&[]).expect("the defaults are valid");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database.url, "sqlite:./data/virtual-forum.sqlite");
    assert!(config.federation.allows_http());
    assert_eq!(config.delivery.keep_for, Duration::from_secs(30 * 86_400));
    assert_eq!(config.authority(), "localhost:8080");
}

#[test]
fn http_origins_are_not_permitted_on_an_https_node() {
    let config = load(&[("VIRTUAL_FORUM_SERVER__PUBLIC_URL", "https://forum.example")])
        .expect("valid settings");
    assert!(!config.federation.allows_http());
    assert_eq!(config.authority(), "forum.example");
}

#[test]
fn the_environment_overrides_with_toml_values() {
    let config = load(&[
        ("VIRTUAL_FORUM_NODE__NAME", "2030"),
        ("VIRTUAL_FORUM_DATA_DIR", "elsewhere"),
        (
            "VIRTUAL_FORUM_FEDERATION__RESOLVE",
            "{\"a.test\" = \"127.0.0.2\"}",
        ),
        (
            "VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES",
            "[\"a.test:80\"]",
        ),
        ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "false"),
        ("VIRTUAL_FORUM_LIMITS__SIGN_IN_PER_MINUTE", "0"),
        (
            "VIRTUAL_FORUM_SERVER__TRUSTED_PROXIES",
            "[\"10.0.0.0/8\", \"::1\"]",
        ),
        ("SOMETHING_ELSE", "x"),
    ])
    .expect("valid settings");
    assert_eq!(config.node.name, "2030");
    assert_eq!(config.database.url, "sqlite:elsewhere/virtual-forum.sqlite");
    assert_eq!(config.federation.resolve["a.test"].to_string(), "127.0.0.2");
    assert_eq!(config.federation.allowed_addresses, ["a.test:80"]);
    assert!(!config.federation.allows_http());
    assert_eq!(config.limits.sign_in_per_minute, 0);
    assert_eq!(config.server.trusted_proxies.len(), 2);
}

#[test]
fn an_unknown_key_names_itself_and_the_nearest_known_one() {
    let error = load(&[("VIRTUAL_FORUM_SERVER__LISTN", "x")]).expect_err("a typing error");
    let text = error.to_string();
    assert!(text.contains("`server.listn`"), "{text}");
    assert!(text.contains("did you mean `server.listen`?"), "{text}");
}

#[test]
fn wrong_values_name_their_key() {
    for (name, value, key) in [
        ("VIRTUAL_FORUM_SERVER__LISTEN", "nowhere", "server.listen"),
        (
            "VIRTUAL_FORUM_SERVER__PUBLIC_URL",
            "https://a.example/path",
            "server.public_url",
        ),
        ("VIRTUAL_FORUM_DATABASE__URL", "mysql://x", "database.url"),
        (
            "VIRTUAL_FORUM_DELIVERY__RETRY_AFTER",
            "[]",
            "delivery.retry_after",
        ),
        (
            "VIRTUAL_FORUM_DELIVERY__KEEP_FOR",
            "soon",
            "delivery.keep_for",
        ),
        (
            "VIRTUAL_FORUM_FEDERATION__MODE",
            "closed",
            "federation.mode",
        ),
        (
            "VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES",
            "[\"a.test\"]",
            "federation.allowed_addresses",
        ),
        (
            "VIRTUAL_FORUM_LIMITS__WRITE_PER_MINUTE",
            "many",
            "limits.write_per_minute",
        ),
    ] {
        let text = load(&[(name, value)]).expect_err(name).to_string();
        assert!(text.contains(key), "{text}");
    }
}

#[test]
fn a_file_is_read_between_defaults_and_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("node.toml");
    std::fs::write(
        &path,
        "[node]\nname = \"From file\"\ndescription = \"Also\"\n",
    )
    .expect("written");
    let environment = [(
        "VIRTUAL_FORUM_NODE__NAME".to_owned(),
        "From outside".to_owned(),
    )];
    let config = Config::load(Some(&path), environment).expect("valid settings");
    assert_eq!(config.node.name, "From outside");
    assert_eq!(config.node.description, "Also");
}
