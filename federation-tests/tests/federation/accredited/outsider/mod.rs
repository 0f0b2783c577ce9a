//! An outsider that forges: a server whose node membership is true, with one
//! actor that is accredited and a dozen that only pretend to be. No forgery
//! lets its actor read, be kept, or be sent anything that is not public.

mod forgeries;

use chrono::TimeDelta;
use federation_tests::{
    credential::{Authority, Claim, Says, SigningKey},
    database::Store,
    forum::{id, note, uri},
    node::{Member, Node, Plan, text},
    on_both_databases,
    remote::{Answer, Remote},
    wait,
};
use reqwest::Method;
use serde_json::{Value, json};

const MEMBERS: &str = "https://w3id.org/virtual-forum/ns#Members";
const PREFERENTIAL: &str = "https://w3id.org/virtual-forum/ns#Preferential";

const LIST: &str = "/status/1";
/// The place in the list of what is revoked.
const REVOKED: usize = 99;

/// A node that believes an anchor whose key the test holds, with an accredited
/// author, and the server of the outsider.
struct Scene {
    node: Node,
    author: Member,
    remote: Remote,
    authority: Authority,
    /// The Ed25519 key of all actors there.
    multikey: String,
    forgers: Vec<&'static str>,
}

async fn scene(store: Store) -> Scene {
    let remote = Remote::start().await;
    let authority = Authority::new(&remote.at(LIST));
    let anchors = format!("[{{name = \"Anchor\", did = \"{}\"}}]", authority.key.did());
    let plan = Plan::new(store).reaching(&[remote.authority()]);
    let node = plan.set("trust.anchors", &anchors).start().await;
    let mut scene = Scene {
        author: node.member("author", "The author", "government"),
        multikey: SigningKey::generate().multikey(),
        forgers: Vec::new(),
        node,
        remote,
        authority,
    };
    let hour = TimeDelta::hours(1);
    let list = scene.authority.status_list(&[REVOKED], wait::now() - hour);
    scene.serve_list(&list);
    let author = scene.author.uri.clone();
    scene.import(&author, Says::Category("government")).await;
    let actor = scene.node.at("/actor");
    scene.import(&actor, Says::MayStore("preferential")).await;
    let its_node = scene.claim_of(&scene.remote.at("/actor"), Says::MayStore("preferential"));
    let its_node = scene.authority.sign(&its_node);
    scene.remote.show_node(&scene.multikey, &[its_node]);
    let honest = scene.authority.sign(&scene.claim("honest"));
    scene
        .remote
        .show("honest", &scene.multikey, std::slice::from_ref(&honest));
    for (name, shown) in scene.forgeries(honest) {
        scene.remote.show(name, &scene.multikey, &shown);
        scene.forgers.push(name);
    }
    scene
}

impl Scene {
    fn serve_list(&self, list: &Value) {
        let body = list.to_string().into_bytes();
        self.remote
            .say(LIST, Answer::Raw(200, "application/vc", body));
    }

    /// The node stores a credential for an actor of its own.
    async fn import(&self, actor: &str, says: Says) {
        let document = self.node.get(actor.trim_start_matches(&self.node.origin()));
        let document = document.accept("application/activity+json").send().await;
        let key = text(
            &document.expect(200).json()["assertionMethod"][0],
            "publicKeyMultibase",
        );
        let claim = self.authority.claim(actor, &key, says);
        let file = self.node.plan.data_dir().join("credential.json");
        let credential = self.authority.sign(&claim).to_string();
        std::fs::write(&file, credential).expect("a file can be written");
        let file = file.display().to_string();
        let imported = self.node.command(&["accreditation", "import", &file]);
        assert_eq!(imported["counts"], true, "{imported}");
    }

    fn claim_of(&self, actor: &str, says: Says) -> Claim {
        self.authority.claim(actor, &self.multikey, says)
    }

    /// That an actor of the server is a government.
    fn claim(&self, name: &str) -> Claim {
        self.claim_of(&self.remote.actor_of(name), Says::Category("government"))
    }

    async fn read(&self, name: &str, entry: &Value) -> u16 {
        let path = format!("/entries/{}", id(entry));
        let origin = self.node.origin();
        self.remote.read_as(name, &origin, &path).await.status
    }

    /// Waits until the node has asked for the status list once more.
    async fn await_list_asked(&self) {
        let before = self.lists_asked();
        wait::until("the list to be asked for", || async {
            (self.lists_asked() > before).then_some(())
        })
        .await;
    }

    fn lists_asked(&self) -> usize {
        let seen = self.remote.seen();
        seen.iter().filter(|one| one.path == LIST).count()
    }

    /// Lists that would take the revocation back: a later one that somebody else
    /// signs in the anchor's name, and an earlier one by the anchor. Both are
    /// asked for and not believed.
    async fn roll_back(&self) {
        wait::until("the true list to be known", || async {
            (self.lists_asked() > 0).then_some(())
        })
        .await;
        let mut forged = self.authority.status_list(&[], wait::now());
        forged.as_object_mut().expect("a list").remove("proof");
        let did = self.authority.key.did();
        self.serve_list(&SigningKey::generate().sign_as(&did, &forged));
        self.await_list_asked().await;
        let hours = TimeDelta::hours(2);
        self.serve_list(&self.authority.status_list(&[], wait::now() - hours));
        self.await_list_asked().await;
    }

    /// An actor there writes to an audience, or answers an entry.
    async fn write(&self, name: &str, number: &str, to: &str, answered: Option<&Value>) -> String {
        let actor = self.remote.actor_of(name);
        let number = format!("{name}-{number}");
        let mut object = self.remote.note(&number, &format!("<p>By {name}</p>"));
        object["attributedTo"] = json!(actor);
        object["to"] = json!([to]);
        object["cc"] = json!([]);
        if let Some(entry) = answered {
            object["inReplyTo"] = json!(uri(entry));
        }
        let mut create = self.remote.activity(&number, "Create", &object);
        create["actor"] = json!(actor);
        create["to"] = json!([to]);
        let origin = self.node.origin();
        self.remote.deliver_as(name, &origin, &create).await;
        text(&object, "id")
    }

    /// Everything that was posted to one path of the server.
    fn posted_to(&self, path: &str) -> String {
        let seen = self.remote.seen().into_iter();
        let posts = seen.filter(|one| one.method == Method::POST && one.path == path);
        posts
            .map(|one| String::from_utf8_lossy(&one.body).into_owned())
            .collect()
    }
}

async fn no_forgery_reads_is_kept_or_is_sent_anything(store: Store) {
    let scene = scene(store).await;
    let forum = scene.author.forum();
    let members = forum.publish(&note("For members", "members")).await;
    let preferential = forum.publish(&note("For few", "preferential")).await;
    // Everybody is known, and what each shows has been looked at.
    for name in scene.forgers.iter().chain(&["honest"]) {
        scene.read(name, &members).await;
    }
    scene.roll_back().await;

    for entry in [&members, &preferential] {
        assert_eq!(scene.read("honest", entry).await, 200);
        for forger in &scene.forgers {
            assert_eq!(scene.read(forger, entry).await, 404, "{forger}");
        }
    }
    let mut pretended = Vec::new();
    let mut honest = Vec::new();
    for name in scene.forgers.iter().chain(&["honest"]) {
        let written = [
            scene.write(name, "1", MEMBERS, None).await,
            scene.write(name, "2", PREFERENTIAL, None).await,
            scene.write(name, "3", MEMBERS, Some(&members)).await,
        ];
        match *name == "honest" {
            true => honest.extend(written),
            false => pretended.extend(written),
        }
    }
    for uri in &honest {
        forum.await_entry(uri).await;
    }
    for uri in &pretended {
        assert_eq!(forum.find(uri).await, None, "{uri}");
    }
    nothing_is_sent(&scene).await;
}

/// New entries go to the one that is accredited, also those that name others.
async fn nothing_is_sent(scene: &Scene) {
    let forum = scene.author.forum();
    let asked = json!({"audience": "members"});
    let reach = forum.post("/entries/audience", &asked).await.expect(200);
    assert_eq!(reach.json()["organisations"], 1);
    let everybody: Vec<String> = scene
        .forgers
        .iter()
        .chain(&["honest"])
        .map(|name| scene.remote.actor_of(name))
        .collect();
    for audience in ["members", "preferential", "named"] {
        let mut entry = note(&format!("kiwi{audience} leaves"), audience);
        if audience == "named" {
            entry["named"] = json!(everybody);
        }
        forum.publish(&entry).await;
    }
    let inbox = |name: &str| format!("/users/{name}/inbox");
    wait::until("the entries to reach the one", || async {
        let posted = scene.posted_to(&inbox("honest"));
        let all = ["members", "preferential", "named"];
        let has = |audience: &&str| posted.contains(&format!("kiwi{audience} leaves"));
        all.iter().all(has).then_some(())
    })
    .await;
    wait::a_while().await;
    for path in scene
        .forgers
        .iter()
        .map(|name| inbox(name))
        .chain(["/inbox".to_owned()])
    {
        let posted = scene.posted_to(&path);
        assert!(!posted.contains("kiwi"), "{path}: {posted}");
    }
}

on_both_databases! {
    no_forgery_reads_is_kept_or_is_sent_anything,
}
