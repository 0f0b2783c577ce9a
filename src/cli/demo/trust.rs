//! Who vouches for whom in the demo: two anchors, on two of the nodes, which
//! all three trust; what they say of every organisation and node; and that the
//! nodes know of one another before the first entry is published.

use std::time::Duration;

use anyhow::Context;
use tokio::time::{Instant, sleep};
use url::Url;

use super::{
    content::DemoOrganisation,
    fill::Filling,
    folder::Folder,
    nodes::{self, PLACES, Place},
};
use crate::{
    app::App,
    cli::ground,
    domain::{
        accreditation::{About, Did, Request, USUAL_DAYS},
        audience::Tier,
    },
    federation::{credentials::ask_about_with_node, fetch::Budget, lookup},
    operations::accreditations::{self, elsewhere},
    storage,
};

/// How long the nodes are given to learn who is accredited.
const PATIENCE: Duration = Duration::from_secs(20);

/// Requests to learn what an organisation and its node show.
const REQUESTS: u32 = 8;

/// The anchors of the demo, by name. They are made before the nodes start,
/// because a node reads whom it trusts from its settings.
pub(super) async fn anchors(
    port: u16,
    folder: &Folder,
    followed: &[(String, String)],
) -> anyhow::Result<Vec<(&'static str, Did)>> {
    let mut anchors = Vec::new();
    for (index, place) in PLACES.iter().enumerate() {
        let Some(name) = place.anchor else { continue };
        let config = nodes::config(index, port, &folder.path, followed, &[])?;
        ground::prepare_data_dir(&config.data_dir)?;
        let app = ground::open(config)?;
        app.forum.db.migrate()?;
        let anchor = match accreditations::anchor(&app.forum).await? {
            Some(known) => known,
            None => accreditations::create_anchor(&app.forum, None, name).await?,
        };
        anchors.push((name, anchor.did));
    }
    Ok(anchors)
}

impl Filling<'_> {
    /// Accredits every node and every organisation that is not yet.
    pub(super) async fn accredit(&self) -> anyhow::Result<()> {
        for (place, node) in PLACES.iter().zip(self.nodes) {
            let about = About::Node {
                audience: place.stores,
            };
            let step = format!("membership {}", place.key);
            self.say(&step, place, node.forum.urls.node_actor(), about)
                .await?;
        }
        for one in &self.content.organisations {
            let place = &PLACES[one.place];
            let about = About::Organisation {
                category: one.category,
                country: Some(one.country.clone()),
            };
            let subject = self
                .node_of(&one.handle)?
                .forum
                .urls
                .organisation(&one.handle);
            let step = format!("accreditation {}", one.handle);
            self.say(&step, place, subject, about).await?;
        }
        Ok(())
    }

    /// Has the anchor that is nearest to a place accredit somebody there: its
    /// own, or that of the first node.
    async fn say(
        &self,
        step: &str,
        place: &Place,
        subject: Url,
        about: About,
    ) -> anyhow::Result<()> {
        if self.folder.is_done(step) {
            return Ok(());
        }
        let home = self.node_of(place.main)?;
        let anchor = match place.anchor {
            Some(_) => home,
            None => &self.nodes[0],
        };
        let said = async {
            let request = Request {
                subject: lookup::key_holder(&anchor.federation, &subject).await?,
                about,
                days: USUAL_DAYS,
            };
            let (_, document) = accreditations::issue(&anchor.forum, None, request).await?;
            if place.anchor.is_none() {
                accreditations::import(&home.forum, document).await?;
            }
            anyhow::Ok(())
        };
        said.await.with_context(|| step.to_owned())?;
        self.folder.set_done(step)
    }

    /// Makes every node know every organisation of the others and what it is
    /// accredited as, so that what is for members reaches them from the start.
    pub(super) async fn introduce(&self) -> anyhow::Result<()> {
        for (index, node) in self.nodes.iter().enumerate() {
            let others = self.content.organisations.iter();
            for one in others.filter(|one| one.place != index) {
                let step = format!("introduce {} {}", PLACES[index].key, one.handle);
                if self.folder.is_done(&step) {
                    continue;
                }
                let found = self.find(node, &one.handle).await?;
                let budget = Budget::new(REQUESTS);
                ask_about_with_node(&node.federation, &found.uri, &budget).await?;
                self.folder.set_done(&step)?;
            }
        }
        self.wait_for_introductions().await
    }

    /// Those that are late are known later.
    async fn wait_for_introductions(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        for (index, node) in self.nodes.iter().enumerate() {
            let is_elsewhere = |one: &&DemoOrganisation| one.place != index;
            let expected = self.content.organisations.iter().filter(is_elsewhere);
            let expected = expected.count();
            while accredited(node).await? < expected && Instant::now() < deadline {
                sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }
}

/// How many organisations of other nodes a node knows as accredited.
async fn accredited(app: &App) -> Result<usize, storage::Error> {
    let forum = app.forum.clone();
    let counted = app
        .forum
        .db
        .read(move |conn| Ok(elsewhere(conn, &forum, Tier::Members)?.len()));
    counted.await
}
