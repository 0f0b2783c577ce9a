//! `virtual-forum accreditation`

use std::{fmt::Write, fs::File, io::Read, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use url::Url;

use super::{Ground, Report};
use crate::{
    app::App,
    domain::{
        accreditation::{About, Claim, CredentialId, Proposal, Request, USUAL_DAYS},
        audience::Tier,
        id::ProposalId,
        organisation::Category,
        page::Window,
    },
    federation::{
        json::{MAX_BYTES, parse_strict},
        lookup,
    },
    operations::accreditations,
    storage::accreditations::Issued,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Sign an accreditation with this node's anchor: of an organisation, or of a node
    #[command(after_help = "\
Examples:
  virtual-forum accreditation issue --actor https://n.example/orgs/moj --category government \\
      --country AL
  virtual-forum accreditation issue --node https://n.example/actor --audience members --json

An organisation of this node, and the node itself, show it at once. For others, hand the credential
(--json) to their operator, who stores it with `accreditation import`. Until it is revoked it is
renewed by itself, when less than a third of its time is left.")]
    Issue(Issue),
    /// Issue the same again, for as long as before
    Renew(Named),
    /// Revoke an accreditation, and what renewed it
    Revoke(Revoke),
    /// Store a credential for an organisation of this node, or for the node itself
    Import(Import),
    /// List what this node's anchor has issued
    List,
    /// List what administrators propose and nobody has approved yet
    Proposals,
    /// Issue what an administrator proposed
    Approve(Proposed),
    /// Take a proposal off the list
    Decline(Proposed),
}

#[derive(Args)]
pub(super) struct Issue {
    /// The organisation's address (the actor's id)
    #[arg(
        long,
        value_name = "URI",
        required_unless_present = "node",
        requires = "category"
    )]
    actor: Option<Url>,
    /// A node's own actor, e.g. https://node.example/actor
    #[arg(long, value_name = "URI", conflicts_with_all = ["actor", "category", "country"], requires = "audience")]
    node: Option<Url>,
    /// government, international_organisation, civil_society, private_sector, academia, media or
    /// individual
    #[arg(long)]
    category: Option<Category>,
    /// ISO 3166-1 code, e.g. AL; of an organisation of this node its own if left out
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// Up to which audience the node may store entries: members or preferential
    #[arg(long)]
    audience: Option<Tier>,
    /// How long it lasts, 1 to 180
    #[arg(long, value_name = "N", default_value_t = USUAL_DAYS)]
    days: i64,
}

#[derive(Args)]
pub(super) struct Named {
    /// Its id: urn:uuid:…
    #[arg(long)]
    id: CredentialId,
}

#[derive(Args)]
pub(super) struct Revoke {
    /// Its id: urn:uuid:…
    #[arg(long)]
    id: CredentialId,
    /// Why, for those who run this node after you
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Args)]
pub(super) struct Proposed {
    /// Its id, as `accreditation proposals` lists it
    #[arg(long)]
    id: ProposalId,
}

#[derive(Args)]
pub(super) struct Import {
    /// The credential, as JSON
    file: PathBuf,
}

pub(super) async fn run(command: Command, ground: &Ground<'_>) -> anyhow::Result<Report> {
    let app = ground.app()?;
    match command {
        Command::Issue(new) => issue(&app, new).await,
        Command::Renew(named) => {
            let (issued, document) = accreditations::renew(&app.forum, None, &named.id).await?;
            Ok(signed(&issued, document))
        }
        Command::Revoke(named) => revoke(&app, named).await,
        Command::Import(named) => import(&app, named).await,
        Command::List => list(&app).await,
        Command::Proposals => proposals(&app).await,
        Command::Approve(Proposed { id }) => {
            let (issued, document) = accreditations::approve(&app.forum, id, None).await?;
            Ok(signed(&issued, document))
        }
        Command::Decline(Proposed { id }) => {
            let declined = accreditations::decline(&app.forum, id, None).await?;
            Ok(Report::new(
                format!("Proposal {id} is off the list."),
                proposed(&declined),
            ))
        }
    }
}

async fn issue(app: &App, new: Issue) -> anyhow::Result<Report> {
    let (subject, about) = match (new.actor, new.category, new.node, new.audience) {
        (Some(actor), Some(category), None, _) => {
            let country = new.country;
            (actor, About::Organisation { category, country })
        }
        (None, None, Some(node), Some(audience)) => (node, About::Node { audience }),
        _ => bail!("name an organisation (--actor, --category) or a node (--node, --audience)"),
    };
    let subject = lookup::key_holder(&app.federation, &subject).await?;
    let request = Request {
        subject,
        about,
        days: new.days,
    };
    let (issued, document) = accreditations::issue(&app.forum, None, request).await?;
    Ok(signed(&issued, document))
}

fn signed(issued: &Issued, document: Value) -> Report {
    let credential = &issued.held.credential;
    Report::new(
        format!(
            "{} says that {} is {}, until {}.",
            credential.id,
            credential.subject,
            claim(&credential.claim),
            credential.valid_until.format("%Y-%m-%d"),
        ),
        document,
    )
}

fn claim(claim: &Claim) -> String {
    match claim {
        Claim::Organisation {
            category, country, ..
        } => match country {
            Some(country) => format!("{category} ({country})"),
            None => category.to_string(),
        },
        Claim::Node { audience } => format!("a node that may store up to {audience}"),
    }
}

async fn revoke(app: &App, named: Revoke) -> anyhow::Result<Report> {
    let revoked = accreditations::revoke(&app.forum, None, &named.id, &named.reason).await?;
    Ok(Report::new(
        format!(
            "{} is revoked. Other nodes that can reach this one know it within a minute.",
            named.id
        ),
        described(&revoked),
    ))
}

async fn import(app: &App, named: Import) -> anyhow::Result<Report> {
    let name = named.file.display().to_string();
    let mut bytes = Vec::new();
    File::open(&named.file)
        .and_then(|file| {
            let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
            file.take(most + 1).read_to_end(&mut bytes)
        })
        .with_context(|| format!("cannot read {name}"))?;
    let document = parse_strict(&bytes).with_context(|| format!("{name} is no credential"))?;
    let imported = accreditations::import(&app.forum, document).await?;
    let credential = &imported.credential;
    let counts = match imported.weakness {
        None => String::new(),
        Some(weakness) => format!(" On this node it counts for nothing: {weakness}."),
    };
    Ok(Report::new(
        format!(
            "{} shows {} from now on: {}, until {}.{counts}",
            credential.subject,
            credential.id,
            claim(&credential.claim),
            credential.valid_until.format("%Y-%m-%d"),
        ),
        json!({
            "id": credential.id.as_str(),
            "subject": credential.subject,
            "issuer": credential.issuer.as_str(),
            "valid_until": credential.valid_until,
            "counts": imported.weakness.is_none(),
            "reason": imported.weakness.map(|weakness| weakness.to_string()),
        }),
    ))
}

/// Rows that are read at once.
const AT_ONCE: i64 = 500;

async fn list(app: &App) -> anyhow::Result<Report> {
    let mut all = Vec::new();
    loop {
        let done = i64::try_from(all.len())?;
        let next = accreditations::issued(&app.forum, Window::before(Some(done), AT_ONCE)).await?;
        if next.is_empty() {
            break;
        }
        all.extend(next);
    }
    let mut text = String::new();
    for one in &all {
        let credential = &one.held.credential;
        let state = match one.revoked_at {
            Some(at) => format!("revoked {}", at.format("%Y-%m-%d")),
            None => format!("until {}", credential.valid_until.format("%Y-%m-%d")),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} {:18} {:32} {}",
            credential.id,
            state,
            claim(&credential.claim),
            credential.subject
        );
    }
    if all.is_empty() {
        text.push_str("This node's anchor has issued nothing.");
    }
    let items: Vec<Value> = all.iter().map(described).collect();
    Ok(Report::new(text, json!({ "accreditations": items })))
}

async fn proposals(app: &App) -> anyhow::Result<Report> {
    let all = accreditations::proposals(&app.forum).await?;
    let mut text = String::new();
    for one in &all {
        let says = match &one.request.about {
            About::Organisation { category, .. } => category.to_string(),
            About::Node { audience } => format!("a node that may store up to {audience}"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {:32} {}", one.id, says, one.request.subject);
    }
    if all.is_empty() {
        text.push_str("No proposal waits.");
    }
    let items: Vec<Value> = all.iter().map(proposed).collect();
    Ok(Report::new(text, json!({ "proposals": items })))
}

fn proposed(proposal: &Proposal) -> Value {
    let request = &proposal.request;
    let mut object = json!({
        "id": proposal.id.to_string(),
        "subject": request.subject,
        "days": request.days,
        "proposed_at": proposal.proposed_at,
    });
    match &request.about {
        About::Organisation { category, country } => {
            object["category"] = json!(category);
            object["country"] = json!(country);
        }
        About::Node { audience } => object["audience"] = json!(audience),
    }
    object
}

fn described(issued: &Issued) -> Value {
    let credential = &issued.held.credential;
    let mut object = json!({
        "id": credential.id.as_str(),
        "issuer": credential.issuer.as_str(),
        "subject": credential.subject,
        "valid_from": credential.valid_from,
        "valid_until": credential.valid_until,
        "revoked_at": issued.revoked_at,
        "reason": issued.reason,
    });
    match &credential.claim {
        Claim::Organisation {
            name,
            category,
            country,
        } => {
            object["name"] = json!(name);
            object["category"] = json!(category);
            object["country"] = json!(country);
        }
        Claim::Node { audience } => object["audience"] = json!(audience),
    }
    object
}
