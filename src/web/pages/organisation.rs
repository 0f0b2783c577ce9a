//! An organisation with its entries.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use url::Url;

use crate::{
    domain::{
        audience::Viewer,
        entry::Entry,
        follow::Relationship,
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
    },
    operations::{
        Forum,
        accreditations::{standing_of, weighed_of},
    },
    storage::{self, entries, follows, moves, organisations, pins},
    web::{
        error::PageError,
        filters,
        layout::Layout,
        views::{
            FactValue, Pages,
            accreditation::AccreditationView,
            cut,
            entry::EntryCard,
            organisation::{self, OrganisationView},
        },
        visit::Visit,
    },
};

/// How the viewer's organisation stands to the one shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// Nobody is signed in.
    Nobody,
    /// It is the viewer's own organisation.
    Ours,
    /// The viewer's role does not decide about follows.
    NotAllowed,
    No,
    Requested,
    Yes,
}

#[derive(Template)]
#[template(path = "organisation.html")]
pub struct OrganisationPage {
    pub layout: Layout,
    pub organisation: OrganisationView,
    pub alternate: Option<String>,
    pub following: Following,
    pub relation: Relationship,
    /// May the viewer block and mute the organisation shown?
    pub may_block: bool,
    pub may_edit_profile: bool,
    /// Where the organisation went.
    pub moved_to: Option<String>,
    pub accreditation: AccreditationView,
    pub pinned: Vec<EntryCard>,
    pub entries: Vec<EntryCard>,
    pub pages: Pages,
}

/// The page of `/orgs/{handle}`, which `app` calls when a browser asks.
pub async fn show(visit: Visit, Path(handle): Path<String>) -> Result<Response, PageError> {
    let find = move |conn: &mut storage::Conn| organisations::find_local(conn, &handle);
    let found = visit
        .app
        .forum
        .db
        .read(find)
        .await?
        .ok_or(PageError::NotFound)?;
    match found.state {
        OrganisationState::Active => page(visit, found).await,
        OrganisationState::Suspended | OrganisationState::Deleted => Err(PageError::Gone),
    }
}

/// The page of `/organisations/{id}`: an organisation of another node, as far
/// as this one knows it.
pub async fn by_id(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let found = find(&visit, &id).await?;
    if found.is_local() {
        return Ok(Redirect::to(&organisation::path(&found)).into_response());
    }
    page(visit, found).await
}

/// An active organisation by its id in a path.
pub async fn find(visit: &Visit, id: &str) -> Result<Organisation, PageError> {
    let id: OrganisationId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = visit
        .app
        .forum
        .db
        .read(move |conn| organisations::find(conn, id))
        .await?
        .ok_or(PageError::NotFound)?;
    match found.state {
        OrganisationState::Active => Ok(found),
        // That we do not speak with its server is nobody's business.
        OrganisationState::Suspended if !found.is_local() => Err(PageError::NotFound),
        OrganisationState::Suspended | OrganisationState::Deleted => Err(PageError::Gone),
    }
}

/// What stands below an organisation's name.
struct Listed {
    entries: Vec<Entry>,
    pinned: Vec<Entry>,
    moved_to: Option<Url>,
    accreditation: AccreditationView,
}

async fn page(visit: Visit, found: Organisation) -> Result<Response, PageError> {
    let window = filters::window(&visit.query);
    let viewer = visit.viewer();
    let id = found.id;
    let filter = entries::Filter {
        author: vec![id],
        top_level: true,
        ..entries::Filter::default()
    };
    let (forum, shown) = (visit.app.forum.clone(), found.clone());
    let (listed, relation) = visit
        .app
        .forum
        .db
        .read(
            move |conn| -> Result<(Listed, Relationship), storage::Error> {
                let listed = Listed {
                    entries: entries::list(conn, &viewer, &filter, window)?,
                    // They stand above the first page only.
                    pinned: match window.before {
                        None => pins::of(conn, &viewer, id)?,
                        Some(_) => vec![],
                    },
                    moved_to: moves::of(conn, id)?.moved_to,
                    accreditation: accreditation(conn, &forum, &shown, &viewer)?,
                };
                let relation = match viewer.organisation() {
                    Some(me) => follows::relationships(conn, me, &[id])?.remove(&id),
                    None => None,
                };
                Ok((listed, relation.unwrap_or_default()))
            },
        )
        .await?;
    let (shown, next) = cut(listed.entries, |entry| entry.id.0);
    let path = organisation::path(&found);
    visit.show(&OrganisationPage {
        layout: visit.layout(),
        organisation: OrganisationView::new(&found, &visit.app.forum.urls.authority()),
        alternate: found.is_local().then(|| found.uri.to_string()),
        following: following(&visit, &found, relation),
        relation,
        may_block: visit
            .representative()
            .is_ok_and(|person| person.who.organisation.id != id),
        may_edit_profile: visit.representative().is_ok(),
        moved_to: listed.moved_to.map(String::from),
        accreditation: listed.accreditation,
        pinned: listed.pinned.iter().map(EntryCard::from).collect(),
        entries: shown.iter().map(EntryCard::from).collect(),
        pages: Pages::new(&path, "", window.before.is_none(), next),
    })
}

/// Only its own people are told which of its credentials do not count.
fn accreditation(
    conn: &mut storage::Conn,
    forum: &Forum,
    shown: &Organisation,
    viewer: &Viewer,
) -> Result<AccreditationView, storage::Error> {
    let weighed = match viewer.speaks_for(shown.id) {
        true => weighed_of(conn, forum, &shown.uri)?,
        false => Vec::new(),
    };
    let standing = standing_of(conn, forum, shown)?;
    Ok(AccreditationView::new(&standing, &forum.trust, &weighed))
}

fn following(visit: &Visit, shown: &Organisation, relation: Relationship) -> Following {
    let Some(person) = &visit.person else {
        return Following::Nobody;
    };
    if person.who.organisation.id == shown.id {
        Following::Ours
    } else if !person.role().may_represent() {
        Following::NotAllowed
    } else if relation.following {
        Following::Yes
    } else if relation.requested {
        Following::Requested
    } else {
        Following::No
    }
}
