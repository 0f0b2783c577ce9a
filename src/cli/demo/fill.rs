//! Fills the three nodes through the operations that a person triggers:
//! organisations and people, follows over the real wire, entries. Each step
//! is noted when it is done and looked for before it is done again, so that
//! filling goes on where it was interrupted, and so that nothing a visitor
//! deleted comes back.

use std::time::Duration;

use anyhow::{Context, anyhow};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::{
    content::{DemoContent, DemoEntry, DemoOrganisation},
    folder::Folder,
    nodes::{PLACES, focal_point},
};
use crate::{
    app::App,
    domain::{
        account::Role,
        audience::{AudienceKind, Tier, Viewer},
        entry::Draft,
        id::OrganisationId,
        organisation::Organisation,
        page::Window,
    },
    federation::lookup,
    operations::{
        accreditations::standing_of,
        entries, follows,
        organisations::{self, NewOrganisation, ProfileChange},
        people::{self, PeopleError, Person},
    },
    storage::{self, users},
};

/// Every account of the demo has this password.
pub(super) const PASSWORD: &str = "fictional-demo-password";

/// How long we wait for the nodes to tell one another what happened.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Filling<'a> {
    pub nodes: &'a [App],
    pub folder: &'a Folder,
    pub content: &'a DemoContent,
}

impl Filling<'_> {
    /// Fills what is not filled yet.
    pub async fn run(&self) -> anyhow::Result<()> {
        try_join_all((0..PLACES.len()).map(|place| self.organisations(place))).await?;
        self.accredit().await?;
        for place in &PLACES {
            self.follow_from(place.main).await?;
        }
        self.wait_for_answers().await?;
        self.introduce().await?;
        let mut published = false;
        for entry in &self.content.entries {
            published |= self.publish(entry).await?;
        }
        if published {
            self.wait_for_arrivals().await?;
        }
        Ok(())
    }

    /// The node of an organisation.
    pub(super) fn node_of(&self, handle: &str) -> anyhow::Result<&App> {
        let place = self.content.organisation(handle)?.place;
        self.nodes
            .get(place)
            .ok_or_else(|| anyhow!("the demo has no node {place}"))
    }

    async fn organisations(&self, place: usize) -> anyhow::Result<()> {
        let app = &self.nodes[place];
        let here = |one: &&DemoOrganisation| one.place == place;
        for one in self.content.organisations.iter().filter(here) {
            let step = format!("organisation {}", one.handle);
            if !self.folder.is_done(&step) {
                make(app, one).await.with_context(|| one.handle.clone())?;
                self.folder.set_done(&step)?;
            }
        }
        let place = &PLACES[place];
        let step = format!("administrator {}", place.key);
        if !self.folder.is_done(&step) {
            let administrator = place.administrator();
            account(app, &administrator, place.main, Role::Administrator).await?;
            self.folder.set_done(&step)?;
        }
        Ok(())
    }

    /// The main organisation of a node follows those of the others, and
    /// everybody who writes for the public.
    async fn follow_from(&self, main: &str) -> anyhow::Result<()> {
        let app = self.node_of(main)?;
        for other in self.followed_by(main) {
            let step = format!("follow {main} {other}");
            if self.folder.is_done(&step) {
                continue;
            }
            let followed = self.find(app, other).await?;
            let person = person(app, main).await?;
            follows::follow(&app.forum, &person, followed.id).await?;
            self.folder.set_done(&step)?;
        }
        Ok(())
    }

    fn followed_by(&self, main: &str) -> Vec<&str> {
        let mut followed = self.content.public_authors();
        followed.extend(PLACES.iter().map(|place| place.main));
        followed.sort_unstable();
        followed.dedup();
        followed.retain(|other| *other != main);
        followed
    }

    /// Finds an organisation as a person on `app` would: by its name, over the
    /// wire when it is on another node.
    pub(super) async fn find(&self, app: &App, handle: &str) -> anyhow::Result<Organisation> {
        let home = self.node_of(handle)?;
        let name = format!("@{handle}@{}", home.forum.urls.authority());
        lookup::organisation(&app.federation, &name)
            .await
            .with_context(|| format!("looking for {name} from {}", app.forum.urls.home()))
    }

    /// Waits until the follows that are new were answered. A follow without
    /// an answer is no failure: it is answered later.
    async fn wait_for_answers(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        for place in &PLACES {
            let app = self.node_of(place.main)?;
            let me = person(app, place.main).await?.organisation.id;
            while unanswered(app, me).await? && Instant::now() < deadline {
                sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Publishes an entry unless that was done before; whether it was new.
    async fn publish(&self, entry: &DemoEntry) -> anyhow::Result<bool> {
        let step = format!("entry {}", entry.id);
        if self.folder.is_done(&step) {
            return Ok(false);
        }
        let app = self.node_of(&entry.author)?;
        let author = person(app, &entry.author).await?;
        let is_new = !is_published(app, &author, &entry.content.title).await?;
        if is_new {
            let draft = Draft {
                content: entry.content.clone(),
                audience: Some(entry.audience),
                named: self.ids(app, &entry.named).await?,
                partners: self.ids(app, &entry.partners).await?,
                in_reply_to: None,
            };
            entries::publish(&app.forum, &author, draft)
                .await
                .with_context(|| entry.id.clone())?;
        }
        self.folder.set_done(&step)?;
        Ok(is_new)
    }

    /// Organisations as `app` knows them, by handle.
    async fn ids(&self, app: &App, handles: &[String]) -> anyhow::Result<Vec<OrganisationId>> {
        let mut ids = Vec::new();
        for handle in handles {
            ids.push(self.find(app, handle).await?.id);
        }
        Ok(ids)
    }

    /// Waits until what the others published arrived on each node, so that the
    /// first look shows it. What is late arrives later.
    async fn wait_for_arrivals(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        for (index, app) in self.nodes.iter().enumerate() {
            let reader = person(app, PLACES[index].main).await?;
            let category = self.content.organisation(PLACES[index].main)?.category;
            let tier = Tier::of(category).min(PLACES[index].stores);
            let mut expected = 0;
            for entry in &self.content.entries {
                let author = self.content.organisation(&entry.author)?;
                let is_sent = match entry.audience {
                    AudienceKind::Public => true,
                    AudienceKind::Members => tier >= Tier::Members,
                    AudienceKind::Preferential => tier >= Tier::Preferential,
                    AudienceKind::Named => entry.named.contains(&reader.organisation.handle),
                };
                expected += i64::from(is_sent && author.place != index);
            }
            let filter = storage::entries::Filter {
                local: Some(false),
                ..Default::default()
            };
            while count(app, reader.viewer(), &filter).await? < expected
                && Instant::now() < deadline
            {
                sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }
}

async fn make(app: &App, one: &DemoOrganisation) -> anyhow::Result<()> {
    let handle = one.handle.clone();
    let known = app
        .forum
        .db
        .read(move |conn| storage::organisations::find_local(conn, &handle))
        .await?;
    if known.is_none() {
        let new = NewOrganisation {
            handle: one.handle.clone(),
            name: one.name.clone(),
            category: one.category,
            country: Some(one.country.clone()),
            summary: one.summary.clone(),
        };
        organisations::create(&app.forum, None, new).await?;
    }
    account(
        app,
        &focal_point(&one.handle),
        &one.handle,
        Role::FocalPoint,
    )
    .await?;
    let change = ProfileChange {
        expertise: Some(one.expertise.clone()),
        ..ProfileChange::default()
    };
    organisations::edit(&app.forum, &person(app, &one.handle).await?, change).await?;
    Ok(())
}

async fn account(app: &App, email: &str, handle: &str, role: Role) -> anyhow::Result<()> {
    let password = Some(PASSWORD.to_owned());
    match people::create(&app.forum, None, email, handle, role, password).await {
        Ok(_) | Err(PeopleError::EmailTaken) => {}
        Err(error) => return Err(error.into()),
    }
    // Invented people accept without being asked.
    if let Some(version) = app.forum.admission.rules.clone() {
        let person = person_of(app, email).await?;
        people::accept_rules(&app.forum, &person, &version).await?;
    }
    Ok(())
}

/// The focal point of a local organisation.
async fn person(app: &App, handle: &str) -> anyhow::Result<Person> {
    person_of(app, &focal_point(handle)).await
}

async fn person_of(app: &App, email: &str) -> anyhow::Result<Person> {
    let (email, missing) = (email.to_owned(), email.to_owned());
    let forum = app.forum.clone();
    let found = app.forum.db.read(move |conn| {
        let Some((user, _hash)) = users::find_by_email(conn, &email)? else {
            return Ok(None);
        };
        let Some(organisation) = storage::organisations::find(conn, user.organisation)? else {
            return Ok(None);
        };
        Ok::<_, storage::Error>(Some(Person {
            standing: standing_of(conn, &forum, &organisation)?,
            user,
            organisation,
        }))
    });
    found
        .await?
        .ok_or_else(|| anyhow!("{missing} does not exist any more: start over with --fresh"))
}

/// How many entries the focal point of an organisation finds on its node;
/// without a handle, a stranger.
pub(super) async fn entries_for(app: &App, handle: Option<&str>) -> anyhow::Result<i64> {
    let viewer = match handle {
        Some(handle) => person(app, handle).await?.viewer(),
        None => Viewer::Anonymous,
    };
    Ok(count(app, viewer, &storage::entries::Filter::default()).await?)
}

async fn unanswered(app: &App, me: OrganisationId) -> Result<bool, storage::Error> {
    app.forum
        .db
        .read(move |conn| {
            let filter = storage::organisations::Filter {
                local: Some(false),
                ..Default::default()
            };
            let others = storage::organisations::list(conn, &filter, Window::first(100))?;
            let ids: Vec<OrganisationId> = others.iter().map(|one| one.id).collect();
            let all = storage::follows::relationships(conn, me, &ids)?;
            Ok(all.values().any(|one| one.requested))
        })
        .await
}

async fn is_published(app: &App, author: &Person, title: &str) -> Result<bool, storage::Error> {
    let (viewer, title) = (author.viewer(), title.to_owned());
    let filter = storage::entries::Filter {
        author: vec![author.organisation.id],
        ..Default::default()
    };
    app.forum
        .db
        .read(move |conn| {
            let known = storage::entries::list(conn, &viewer, &filter, Window::first(100))?;
            Ok(known.iter().any(|entry| entry.content.title == title))
        })
        .await
}

/// How many entries a reader finds.
async fn count(
    app: &App,
    viewer: Viewer,
    filter: &storage::entries::Filter,
) -> Result<i64, storage::Error> {
    let filter = filter.clone();
    app.forum
        .db
        .read(move |conn| storage::entries::count(conn, &viewer, &filter))
        .await
}
