//! The filters of `GET /entries` (INTERFACE.md 4 and 6).

use url::Url;

use crate::{
    domain::{id::OrganisationId, page::Window, taxonomy::Scheme},
    forum_api::{problem::Problem, query::Query},
    storage::{Conn, Error, entries::Filter, organisations},
};

/// Every parameter beside `limit` and `cursor`.
const PARAMETERS: [&str; 16] = [
    "kind",
    "country",
    "region",
    "sector",
    "pillar",
    "exploitation",
    "activity",
    "stage",
    "status",
    "category",
    "language",
    "author",
    "q",
    "seeking_funding",
    "closes_before",
    "since",
];

/// A query that was understood.
pub struct Asked {
    pub filter: Filter,
    /// As it was written: an id, an address or a handle.
    pub author: Option<String>,
    pub window: Window,
}

/// Reads the query of `GET /entries`.
pub fn read(raw: Option<&str>) -> Result<Asked, Problem> {
    let mut query = Query::new(raw, &PARAMETERS);
    let filter = Filter {
        kind: query.words("kind"),
        country: query.codes("country", Scheme::Country),
        region: query.codes("region", Scheme::Region),
        sector: query.codes("sector", Scheme::Sector),
        pillar: query.codes("pillar", Scheme::Pillar),
        exploitation: query.codes("exploitation", Scheme::Exploitation),
        activity: query.codes("activity", Scheme::Activity),
        stage: query.words("stage"),
        status: query.words("status"),
        category: query.words("category"),
        language: query.languages("language"),
        text: query.text("q"),
        seeking_funding: query.flag("seeking_funding").unwrap_or(false),
        closes_before: query.instant("closes_before"),
        since: query.instant("since"),
        ..Filter::default()
    };
    let author = query.text("author");
    let window = query.window();
    query.finish()?;
    Ok(Asked {
        filter,
        author,
        window,
    })
}

/// The organisation that somebody names by id, by address (of the actor), by
/// local handle or by `handle@host`.
pub fn find_organisation(conn: &mut Conn, named: &str) -> Result<Option<OrganisationId>, Error> {
    let by_id = match named.parse() {
        Ok(id) => organisations::find(conn, id)?,
        Err(_) => None,
    };
    let found = match (by_id, Url::parse(named)) {
        (Some(organisation), _) => Some(organisation),
        (None, Ok(uri)) => organisations::find_by_uri(conn, &uri)?,
        (None, Err(_)) => {
            let acct = named.strip_prefix('@').unwrap_or(named);
            let (handle, host) = match acct.split_once('@') {
                Some((handle, host)) => (handle, Some(host)),
                None => (acct, None),
            };
            organisations::find_by_acct(conn, handle, host)?
        }
    };
    Ok(found.map(|organisation| organisation.id))
}
