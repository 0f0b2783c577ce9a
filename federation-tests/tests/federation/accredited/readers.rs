//! Who reads: people of two nodes, and whoever comes from elsewhere.

use federation_tests::{
    accredited::Place,
    node::{Member, Node},
    sweep::As,
    visitor::Visitor,
};

use super::{
    elsewhere::Server,
    stage::{House, Stage},
};

/// One who reads, and what is for it.
pub struct Reader {
    pub who: &'static str,
    pub place: Place,
    pub reads_as: As,
    /// Audiences that it is part of.
    pub part: &'static [&'static str],
}

const PUBLIC: &[&str] = &["public"];
const MEMBERS: &[&str] = &["public", "members"];
const PREFERENTIAL: &[&str] = &["public", "members", "preferential"];
const NAMED: &[&str] = &["public", "members", "named"];
const ALL: &[&str] = &["public", "members", "preferential", "named"];

async fn person(node: &Node, email: &str, scopes: &str) -> As {
    let visitor = Visitor::signed_in(node, email).await;
    As::Person {
        token: node.token(email, scopes),
        cookie: visitor.cookie(),
    }
}

async fn member(node: &Node, member: &Member) -> As {
    person(node, &member.email, "read write follow").await
}

fn server(server: &Server, name: &str) -> As {
    As::Server {
        key: server.remote.key.clone(),
        key_id: format!("{}#main-key", server.remote.actor_of(name)),
    }
}

/// Those who read on one node, as people of it.
async fn people(stage: &Stage, house: &House) -> Vec<Reader> {
    let node = stage.network.at(house.place);
    let mut readers = Vec::new();
    for (who, reader, part) in [
        ("civil society", &house.civil.member, MEMBERS),
        ("a company", &house.company.member, MEMBERS),
        ("a government", &house.government.member, PREFERENTIAL),
        (
            "an international organisation",
            &house.international.member,
            PREFERENTIAL,
        ),
        ("a named party", &house.party.member, NAMED),
        ("a revoked government", &house.revoked.member, PUBLIC),
        ("one who was never accredited", &house.nobody, PUBLIC),
    ] {
        readers.push(Reader {
            who,
            place: house.place,
            reads_as: member(node, reader).await,
            part,
        });
    }
    readers
}

/// Those who read without an account on the node.
fn strangers(stage: &Stage, place: Place) -> Vec<Reader> {
    let nobody = server(&stage.elsewhere, "nobody");
    let readers = [
        ("anybody", As::Nobody),
        ("a server without accreditation", nobody),
        ("a blocked server", server(&stage.blocked, "gov")),
    ];
    let reader = |(who, reads_as)| Reader {
        who,
        place,
        reads_as,
        part: PUBLIC,
    };
    readers.map(reader).into()
}

/// Everybody.
pub async fn readers(stage: &Stage) -> Vec<Reader> {
    let mut readers = people(stage, &stage.hub).await;
    readers.extend(people(stage, &stage.third).await);
    for place in [Place::Hub, Place::Third] {
        readers.extend(strangers(stage, place));
    }
    let hub = stage.network.at(Place::Hub);
    hub.user("administrator@civil1.example", "civil1", "administrator");
    let scopes = "read write follow admin:read admin:write";
    let administrator = person(hub, "administrator@civil1.example", scopes).await;
    for (who, reads_as, part) in [
        ("the author", member(hub, &stage.author.member).await, ALL),
        ("an administrator of civil society", administrator, MEMBERS),
        (
            "a government elsewhere",
            server(&stage.elsewhere, "gov"),
            PREFERENTIAL,
        ),
        (
            "civil society elsewhere",
            server(&stage.elsewhere, "cso"),
            MEMBERS,
        ),
        (
            "a named party elsewhere",
            server(&stage.elsewhere, "party"),
            NAMED,
        ),
    ] {
        readers.push(Reader {
            who,
            place: Place::Hub,
            reads_as,
            part,
        });
    }
    readers
}
