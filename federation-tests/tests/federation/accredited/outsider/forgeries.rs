//! What the actors show that only pretend to be accredited.

use chrono::TimeDelta;
use federation_tests::{
    credential::{Authority, Claim, Says, SigningKey},
    wait,
};
use serde_json::{Value, json};

use super::{LIST, REVOKED, Scene};

impl Scene {
    /// Who pretends, and what it shows.
    pub(super) fn forgeries(&self, honest: Value) -> Vec<(&'static str, Vec<Value>)> {
        let (hour, now) = (TimeDelta::hours(1), wait::now());
        let good = |name: &'static str| self.claim(name);
        let signed = |claim: &Claim| self.authority.sign(claim);
        let change = |name: &'static str, change: &dyn Fn(&mut Claim)| {
            let mut claim = good(name);
            change(&mut claim);
            (name, vec![signed(&claim)])
        };
        let (forger, stranger) = (
            SigningKey::generate(),
            Authority::new(&self.remote.at(LIST)),
        );
        let did = self.authority.key.did();
        let unproven = good("unproven").document();
        let wrong_key = forger.sign_as(&did, &good("wrong-key").document());
        let own_key = forger.sign_as(&forger.did(), &good("own-key").document());
        let by_stranger = stranger.claim(
            &self.remote.actor_of("stranger"),
            &self.multikey,
            Says::Category("government"),
        );
        let mut civil = good("altered");
        civil.says = Says::Category("civilSociety");
        let mut altered = signed(&civil);
        altered["credentialSubject"]["category"] = json!("government");
        let mut renamed = honest.clone();
        renamed["credentialSubject"]["id"] = json!(self.remote.actor_of("renamed"));
        vec![
            ("nothing", vec![]),
            ("unproven", vec![unproven]),
            ("wrong-key", vec![wrong_key]),
            ("own-key", vec![own_key]),
            ("stranger", vec![stranger.sign(&by_stranger)]),
            ("altered", vec![altered]),
            ("renamed", vec![renamed]),
            ("second-hand", vec![honest]),
            change("expired", &|one| one.until = now - TimeDelta::minutes(1)),
            change("early", &|one| one.from = now + hour),
            change("too-long", &|one| {
                one.until = one.from + TimeDelta::days(181)
            }),
            change("other-subject", &|one| {
                one.subject = self.author.uri.clone()
            }),
            change("other-key", &|one| one.multikey = forger.multikey()),
            change("rolled-back", &|one| one.index = REVOKED),
        ]
    }
}
