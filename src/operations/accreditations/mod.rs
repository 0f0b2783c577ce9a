//! Accreditation as it is used: what an organisation or a node is worth here,
//! and how credentials are issued, renewed, revoked, imported and kept.

mod anchor;
mod arriving;
mod error;
mod issuing;
mod keeping;
mod lists;
mod notary;
mod proposing;
mod shown;
mod worth;

pub use anchor::{anchor, create_anchor};
pub use arriving::{Imported, RENEWALS, import, take_list, take_renewals, take_shown};
pub use error::AccreditationError;
pub use issuing::{issue, issue_in, renew, revoke};
pub use keeping::keep;
pub(super) use keeping::watch_actor;
pub use notary::{AnchorKey, CannotSign, Notary, Unreadable};
pub use proposing::{approve, decline, proposals, propose};
pub use shown::{issued, mirrored_list, own_list, renewals_for, shown_of};
pub use worth::{
    Member, elsewhere, keys_of, may_store, standing_of, standings_of, storable_at, viewer_of,
    weighed_of,
};
