//! `virtual-forum doctor`: looks at everything that a node needs, changes
//! nothing, and says one line about each.

mod address;
mod audit;
mod database;
mod keys;
mod machine;
mod trust;

use serde::Serialize;
use serde_json::json;

use super::{Ground, Report, log};
use crate::{app::App, config::Config, operations::Clock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    /// It cannot be known from here, or will mend itself, or will hurt later.
    Warning,
    Failed,
}

/// One line.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    detail: String,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, detail)
    }

    fn warning(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warning, detail)
    }

    fn failed(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Failed, detail)
    }

    fn new(check: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            check,
            verdict,
            detail: detail.into(),
        }
    }

    fn line(&self) -> String {
        let mark = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "FAILED",
        };
        format!("{mark:8} {:14} {}", self.check, self.detail)
    }
}

pub(super) async fn run(ground: &Ground<'_>) -> anyhow::Result<Report> {
    let findings = match ground.config() {
        Ok(config) => {
            log::start(&config.log, log::Loudness::Command)?;
            examine(config, &Clock::System).await
        }
        Err(error) => vec![Finding::failed("configuration", format!("{error:#}"))],
    };
    Ok(report(&findings))
}

async fn examine(config: Config, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![
        configuration(&config),
        machine::data_dir(&config.data_dir),
        machine::disk(&config.data_dir),
    ];
    if database::is_missing(&config) {
        findings.push(Finding::warning(
            "database",
            format!(
                "{} is not there yet; the first start makes it",
                config.database.url
            ),
        ));
        findings.push(machine::clock(clock.now(), None));
    } else {
        match App::open(config.clone(), clock.clone()) {
            Ok(app) => {
                let is_current = database::examine(&app.forum.db, &mut findings).await;
                let server_time = app.forum.db.server_time().await.ok().flatten();
                findings.push(machine::clock(clock.now(), server_time));
                if is_current {
                    findings.push(keys::examine(&app).await);
                    findings.push(trust::examine(&app).await);
                    findings.push(audit::examine(&app).await);
                }
            }
            Err(error) => findings.push(Finding::failed("database", error.to_string())),
        }
    }
    findings.push(address::examine(&config, clock).await);
    findings
}

fn configuration(config: &Config) -> Finding {
    let url = &config.server.public_url;
    let host = url.host_str().unwrap_or_default();
    let is_local = host == "localhost" || host.ends_with(".localhost");
    if url.scheme() == "http" && !is_local {
        return Finding::warning(
            "configuration",
            format!("{url} is not https: other servers will not talk to this node"),
        );
    }
    Finding::ok(
        "configuration",
        format!(
            "valid; the node is {url} and listens on {}",
            config.server.listen
        ),
    )
}

fn report(findings: &[Finding]) -> Report {
    let failed = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Failed)
        .map(|finding| finding.check)
        .collect::<Vec<_>>();
    let lines: Vec<String> = findings.iter().map(Finding::line).collect();
    Report {
        text: lines.join("\n"),
        json: json!({ "ok": failed.is_empty(), "checks": findings }),
        failure: (!failed.is_empty())
            .then(|| format!("virtual-forum: failed checks: {}", failed.join(", "))),
    }
}
