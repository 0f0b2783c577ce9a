//! Which entries: what the viewer may see, and what the viewer looks for.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use crate::{
    domain::{
        audience::Viewer,
        entry::{Kind, SEEKING_STAGES, Stage, Status},
        id::{EntryId, OrganisationId},
        organisation::Category,
        taxonomy::{self, Scheme},
    },
    storage::{
        Conn,
        rows::{Condition, widen},
        schema::{blocks, entries, entry_parties, entry_terms, follows, organisations},
        search,
        types::At,
    },
};

type Where = Condition<entries::table>;

/// The rule of `domain::audience::can_see`, as SQL; every read applies it.
/// Deleted entries, and those of authors who were suspended or deleted, are
/// seen by nobody.
pub fn visible(viewer: &Viewer) -> Where {
    let by_active_author = exists(
        organisations::table
            .filter(organisations::id.eq(entries::author_id))
            .filter(organisations::state.eq("active")),
    );
    Box::new(
        entries::deleted_at
            .is_null()
            .and(addressed_to(viewer))
            .and(by_active_author),
    )
}

/// Of entries and tombstones: those that the viewer is, or was, in the audience
/// of.
pub(super) fn addressed_to(viewer: &Viewer) -> Where {
    let by_audience: Where = match viewer.audiences() {
        // One word alone lets the index on (audience, id) give the order.
        [one] => Box::new(entries::audience.eq(one.as_str())),
        several => Box::new(entries::audience.eq_any(several.iter().map(|one| one.as_str()))),
    };
    match viewer.organisation() {
        None => by_audience,
        Some(reader) if viewer.is_accredited() => Box::new(
            by_audience
                .or(entries::author_id.eq(reader.0))
                .or(entries::audience.eq("named").and(party("named", reader))),
        ),
        Some(reader) => Box::new(by_audience.or(entries::author_id.eq(reader.0))),
    }
}

fn party(role: &'static str, organisation: OrganisationId) -> Where {
    Box::new(exists(
        entry_parties::table
            .filter(entry_parties::entry_id.eq(entries::id))
            .filter(entry_parties::role.eq(role))
            .filter(entry_parties::organisation_id.eq(organisation.0)),
    ))
}

/// What to look for. Lists are alternatives; an empty list asks for nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// These entries alone.
    pub ids: Vec<EntryId>,
    pub kind: Vec<Kind>,
    /// Entries that name one of these, or no country and a region around it.
    pub country: Vec<String>,
    /// Those regions, the regions inside, and the countries inside.
    pub region: Vec<String>,
    pub sector: Vec<String>,
    pub pillar: Vec<String>,
    /// These, and entries about `all` forms.
    pub exploitation: Vec<String>,
    pub activity: Vec<String>,
    /// Hashtags without `#`.
    pub tag: Vec<String>,
    /// Hashtags that must all be there.
    pub all_tags: Vec<String>,
    /// Hashtags that must not be there.
    pub no_tags: Vec<String>,
    pub stage: Vec<Stage>,
    pub status: Vec<Status>,
    /// Of the author.
    pub category: Vec<Category>,
    /// BCP 47; `pt` also finds `pt-BR`.
    pub language: Vec<String>,
    pub author: Vec<OrganisationId>,
    /// Words in title, text, or names of codes.
    pub text: Option<String>,
    pub seeking_funding: bool,
    pub closes_before: Option<DateTime<Utc>>,
    /// Created at or after.
    pub since: Option<DateTime<Utc>>,
    /// `Some(true)`: of this node; `Some(false)`: of others.
    pub local: Option<bool>,
    /// Leaves replies out.
    pub top_level: bool,
    pub replies_to: Option<EntryId>,
    /// The conversation that began with this entry, the entry included.
    pub thread: Option<EntryId>,
    /// Only what this organisation follows, and its own; nothing of those that
    /// it blocks or mutes.
    pub home_of: Option<OrganisationId>,
}

/// The filter as conditions, all of which must hold.
pub(super) fn conditions(conn: &Conn, _viewer: &Viewer, filter: &Filter) -> Vec<Where> {
    let mut all: Vec<Where> = Vec::new();
    if !filter.ids.is_empty() {
        let ids: Vec<i64> = filter.ids.iter().map(|id| id.0).collect();
        all.push(Box::new(entries::id.eq_any(ids)));
    }
    by_words(filter, &mut all);
    by_codes(filter, &mut all);
    by_author(filter, &mut all);
    by_time(filter, &mut all);
    if let Some(text) = &filter.text {
        all.push(search::matches(conn, text));
    }
    if filter.top_level {
        all.push(Box::new(
            entries::in_reply_to_id
                .is_null()
                .and(entries::in_reply_to_uri.is_null()),
        ));
    }
    if let Some(parent) = filter.replies_to {
        all.push(Box::new(
            entries::in_reply_to_id.eq(parent.0).assume_not_null(),
        ));
    }
    if let Some(root) = filter.thread {
        all.push(Box::new(entries::root_id.eq(root.0)));
    }
    all
}

fn by_words(filter: &Filter, all: &mut Vec<Where>) {
    if !filter.kind.is_empty() {
        let words = filter.kind.iter().map(|one| one.as_str());
        all.push(Box::new(entries::kind.eq_any(words)));
    }
    if !filter.stage.is_empty() {
        let words: Vec<_> = filter.stage.iter().map(|one| one.as_str()).collect();
        all.push(Box::new(entries::stage.eq_any(words).assume_not_null()));
    }
    if !filter.status.is_empty() {
        let words: Vec<_> = filter.status.iter().map(|one| one.as_str()).collect();
        all.push(Box::new(entries::status.eq_any(words).assume_not_null()));
    }
    if filter.seeking_funding {
        let stages = SEEKING_STAGES.map(Stage::as_str);
        all.push(Box::new(
            entries::kind
                .eq(Kind::Project.as_str())
                .and(entries::stage.eq_any(stages).assume_not_null())
                .and(entries::budget_gap.gt(0).assume_not_null()),
        ));
    }
    let mut languages: Option<Where> = None;
    for language in &filter.language {
        let one = entries::language
            .eq(language.clone())
            .or(entries::language.like(format!("{language}-%")));
        languages = Some(match languages {
            None => Box::new(one),
            Some(others) => Box::new(others.or(one)),
        });
    }
    all.extend(languages);
}

fn by_codes(filter: &Filter, all: &mut Vec<Where>) {
    if !filter.country.is_empty() {
        let around = widen(&filter.country, taxonomy::regions_containing);
        all.push(Box::new(
            term(Scheme::Country.as_str(), filter.country.clone())
                .or(not(any_term(Scheme::Country.as_str()))
                    .and(term(Scheme::Region.as_str(), around))),
        ));
    }
    if !filter.region.is_empty() {
        let regions = widen(&filter.region, taxonomy::within);
        let countries = widen(&filter.region, taxonomy::countries_within);
        all.push(Box::new(
            term(Scheme::Region.as_str(), regions).or(term(Scheme::Country.as_str(), countries)),
        ));
    }
    if !filter.exploitation.is_empty() {
        let mut forms = filter.exploitation.clone();
        forms.push("all".to_owned());
        all.push(term(Scheme::Exploitation.as_str(), forms));
    }
    let plain = [
        (Scheme::Sector.as_str(), &filter.sector),
        (Scheme::Pillar.as_str(), &filter.pillar),
        (Scheme::Activity.as_str(), &filter.activity),
        (TAG, &filter.tag),
    ];
    for (scheme, codes) in plain {
        if !codes.is_empty() {
            all.push(term(scheme, codes.clone()));
        }
    }
    for tag in &filter.all_tags {
        all.push(term(TAG, vec![tag.clone()]));
    }
    if !filter.no_tags.is_empty() {
        all.push(Box::new(not(term(TAG, filter.no_tags.clone()))));
    }
}

/// The scheme of hashtags in `entry_terms`.
pub(super) const TAG: &str = "tag";

fn term(scheme: &'static str, codes: Vec<String>) -> Where {
    Box::new(exists(
        entry_terms::table
            .filter(entry_terms::entry_id.eq(entries::id))
            .filter(entry_terms::scheme.eq(scheme))
            .filter(entry_terms::code.eq_any(codes)),
    ))
}

fn any_term(scheme: &'static str) -> Where {
    Box::new(exists(
        entry_terms::table
            .filter(entry_terms::entry_id.eq(entries::id))
            .filter(entry_terms::scheme.eq(scheme)),
    ))
}

fn by_author(filter: &Filter, all: &mut Vec<Where>) {
    if !filter.author.is_empty() {
        let ids: Vec<i64> = filter.author.iter().map(|id| id.0).collect();
        all.push(Box::new(entries::author_id.eq_any(ids)));
    }
    if !filter.category.is_empty() {
        let words: Vec<_> = filter.category.iter().map(|one| one.as_str()).collect();
        all.push(Box::new(exists(
            organisations::table
                .filter(organisations::id.eq(entries::author_id))
                .filter(organisations::category.eq_any(words).assume_not_null()),
        )));
    }
    if let Some(local) = filter.local {
        all.push(Box::new(entries::local.eq(local)));
    }
    if let Some(reader) = filter.home_of {
        // EXISTS, not IN (SELECT …): on SQLite this walks the newest entries
        // and probes the follow, instead of building the list of authors.
        let followed = exists(
            follows::table
                .filter(follows::follower_id.eq(reader.0))
                .filter(follows::followed_id.eq(entries::author_id))
                .filter(follows::state.eq("accepted")),
        );
        all.push(Box::new(entries::author_id.eq(reader.0).or(followed)));
        let unwanted = exists(
            blocks::table
                .filter(blocks::organisation_id.eq(reader.0))
                .filter(blocks::other_id.eq(entries::author_id)),
        );
        all.push(Box::new(not(unwanted)));
    }
}

fn by_time(filter: &Filter, all: &mut Vec<Where>) {
    if let Some(time) = filter.closes_before {
        all.push(Box::new(entries::closes_at.lt(At(time)).assume_not_null()));
    }
    if let Some(time) = filter.since {
        all.push(Box::new(entries::created_at.ge(At(time))));
    }
}
