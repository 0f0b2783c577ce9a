//! What stands around every page: the node's name, the way about, who is
//! signed in, and the outcome of what was just done.

use crate::{domain::account::Role, web::assets};

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Everything that `base.html` shows.
#[derive(Debug, Clone)]
pub struct Layout {
    pub node: Node,
    pub person: Option<Person>,
    /// The form token of this browser (see `session`).
    pub token: String,
    pub notice: Option<Notice>,
    /// Path of the page, without query: marks the current item.
    pub path: String,
    pub style: String,
    pub script: String,
}

/// What every page says of the node.
#[derive(Debug, Clone)]
pub struct Node {
    pub name: String,
    /// Empty when the operator gives no address.
    pub contact: String,
    /// A demonstration: every page says that all is invented.
    pub fictional: bool,
    pub version: &'static str,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub role: Role,
    pub organisation: String,
    pub organisation_path: String,
    /// Requests to follow that wait for an answer.
    pub requests: usize,
    /// Reports that wait for an administrator; none for anybody else.
    pub reports: i64,
    /// Applications about which nothing is decided; none for anybody else.
    pub applications: i64,
}

impl Person {
    /// The name of the administrators' part, with what waits there.
    fn administration(&self) -> String {
        let counts = [(self.reports, "report"), (self.applications, "application")];
        let waiting: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| match count {
                1 => format!("1 {what}"),
                count => format!("{count} {what}s"),
            })
            .collect();
        match waiting.is_empty() {
            true => "Administration".to_owned(),
            false => format!("Administration ({})", waiting.join(", ")),
        }
    }
}

/// One item of the main navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub path: &'static str,
    pub current: bool,
}

impl Layout {
    /// For errors that happen where the node's settings are not at hand.
    pub fn bare() -> Self {
        Self {
            node: Node {
                name: "Virtual Forum".to_owned(),
                contact: String::new(),
                fictional: false,
                version: VERSION,
            },
            person: None,
            token: String::new(),
            notice: None,
            path: String::new(),
            style: assets::path("forum.css"),
            script: assets::path("forum.js"),
        }
    }

    /// The way about, by what the person may do.
    pub fn navigation(&self) -> Vec<Item> {
        let item = |name: &str, path: &'static str| Item {
            name: name.to_owned(),
            path,
            current: self.path == path || (path != "/" && self.is_below(path)),
        };
        let mut items = vec![
            item("Entries", "/"),
            item("Organisations", "/organisations"),
        ];
        let Some(person) = &self.person else {
            items.push(item("About", "/about"));
            items.push(item("Join", "/apply"));
            items.push(item("Sign in", "/sign-in"));
            return items;
        };
        items.push(item("Timeline", "/timeline"));
        items.push(item("Following", "/following"));
        let followers = match person.requests {
            0 => "Followers".to_owned(),
            count => format!("Followers ({count} waiting)"),
        };
        items.push(item(&followers, "/followers"));
        if person.role.may_administer() {
            items.push(item(&person.administration(), "/admin"));
        }
        if person.role.may_write() {
            items.push(item("Write", "/compose"));
        }
        items
    }

    fn is_below(&self, path: &str) -> bool {
        self.path
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('/'))
    }
}

macro_rules! notices {
    ($($variant:ident = $word:literal, $text:literal;)*) => {
        /// What was just done, told on the page after a redirect. The query
        /// carries only the word, so that nobody can put text of their own
        /// onto our pages by a link.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Notice { $($variant,)* }

        impl Notice {
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The notice in a query's `done`; anything else says nothing.
            pub fn read(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

notices! {
    Published = "published", "The entry is published.";
    Saved = "saved", "Your changes are saved.";
    EntryDeleted = "entry-deleted", "The entry is deleted. Other servers that have it are told so.";
    Replied = "replied", "Your reply is published.";
    Liked = "liked", "Your organisation likes this entry. Its author is told.";
    Unliked = "unliked", "The like is taken back.";
    Boosted = "boosted", "The entry is passed on to your followers.";
    Pinned = "pinned", "The entry stands first on your organisation's page.";
    Unpinned = "unpinned", "The entry is no longer pinned.";
    Unboosted = "unboosted", "The entry is no longer passed on.";
    SignedIn = "signed-in", "You are signed in.";
    SignedOut = "signed-out", "You are signed out.";
    Following = "following", "You follow this organisation.";
    Requested = "requested", "The request to follow is on its way. Its public entries appear once it is accepted.";
    Unfollowed = "unfollowed", "You do not follow this organisation any more.";
    Approved = "approved", "The follower is approved.";
    Refused = "refused", "The request is refused, or the follower removed.";
    Created = "created", "The organisation is added. Now add a person who speaks for it.";
    Suspended = "suspended", "The organisation is suspended. Its pages answer as gone until it is restored.";
    Restored = "restored", "The organisation is restored.";
    OrganisationDeleted = "organisation-deleted", "The organisation is deleted. Every server that knows it is told so.";
    RoleChanged = "role-changed", "The role is changed. It counts from now on.";
    Disabled = "disabled", "The account is disabled. Its sessions and tokens have ended.";
    Enabled = "enabled", "The account is enabled.";
    Replayed = "replayed", "The deliveries are queued again.";
    GivenUp = "given-up", "What waited for this server is given up. It is kept for 30 days and can be sent again.";
    Blocked = "blocked", "Your organisation blocks this one. It is not told.";
    Unblocked = "unblocked", "Your organisation does not block this one any more.";
    Muted = "muted", "The entries of this organisation stay out of your timeline. It is not told.";
    Unmuted = "unmuted", "The entries of this organisation are in your timeline again if you follow it.";
    Reported = "reported", "The administrators of this node will look at your report.";
    ReportResolved = "report-resolved", "The report is resolved.";
    SignInEnded = "sign-in-ended", "It is ended.";
    TokenEnded = "token-ended", "The program cannot act for you any more.";
    SecondFactorRemoved = "second-factor-removed", "The app is removed. Without a passkey, your password alone lets you in.";
    PasskeyAdded = "passkey-added", "The passkey is added. You can sign in with it.";
    PasskeyRemoved = "passkey-removed", "The passkey is removed.";
    SecondFactorReset = "second-factor-reset", "App, passkeys and recovery codes are reset, and the sign-ins have ended. At the next one the person sets up a new one.";
    PersonSignedOut = "person-signed-out", "All sign-ins and programs of this person have ended.";
    RulesAccepted = "rules-accepted", "Thank you for accepting the rules. Welcome.";
    PasswordSaved = "password-saved", "Your password is saved. Now sign in with it.";
    LinkMailed = "link-mailed", "A one-time link is on its way by mail.";
    HostSaved = "host-saved", "The decision is saved.";
    Applied = "applied", "Your application has arrived.";
    Answered = "answered", "Your answer has arrived.";
    Withdrawn = "withdrawn", "Your application is withdrawn.";
    Asked = "asked", "The question is asked. The applicant reads it on the page of their link.";
    FirstApproval = "first-approval", "Your approval is recorded. Another person must approve too.";
    ApplicationRefused = "application-refused", "The application is refused. The applicant reads the reason on the page of their link.";
    HandoverWithdrawn = "handover-withdrawn", "The hand-over is withdrawn. Its link does not work any more.";
    TookOver = "took-over", "You are the focal point now. The access of the one before you has ended.";
    AnchorMade = "anchor-made", "This node is an anchor now.";
    AccreditationProposed = "accreditation-proposed", "The accreditation is proposed. Another administrator must approve it.";
    ProposalDeclined = "proposal-declined", "The proposal is off the list.";
    AccreditationIssued = "accreditation-issued", "The accreditation is issued.";
    AccreditationRevoked = "accreditation-revoked", "The accreditation is revoked.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    fn names(role: Option<Role>) -> Vec<String> {
        let mut layout = samples::layout();
        layout.person = role.map(|role| Person {
            role,
            ..samples::person()
        });
        let items = layout.navigation();
        items.into_iter().map(|item| item.name).collect()
    }

    #[test]
    fn the_way_about_follows_the_role() {
        assert!(names(None).contains(&"Sign in".to_owned()));
        assert!(!names(None).contains(&"Write".to_owned()));
        assert!(!names(Some(Role::Reader)).contains(&"Write".to_owned()));
        assert!(names(Some(Role::Editor)).contains(&"Write".to_owned()));
        assert!(!names(Some(Role::FocalPoint)).contains(&"Administration".to_owned()));
        assert!(names(Some(Role::Administrator)).contains(&"Administration".to_owned()));
    }

    #[test]
    fn administrators_see_how_much_waits() {
        let told = |reports, applications| {
            let person = Person {
                reports,
                applications,
                ..samples::person()
            };
            person.administration()
        };
        assert_eq!(told(0, 0), "Administration");
        assert_eq!(told(1, 0), "Administration (1 report)");
        assert_eq!(told(2, 1), "Administration (2 reports, 1 application)");
        assert_eq!(told(0, 3), "Administration (3 applications)");
    }

    #[test]
    fn a_notice_is_a_known_word_and_nothing_else() {
        for notice in Notice::ALL {
            assert_eq!(Notice::read(notice.word()), Some(*notice));
        }
        assert_eq!(Notice::read("<b>Your account is locked</b>"), None);
    }
}
