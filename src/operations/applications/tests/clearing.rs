use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::operations::applications::{clear, refuse};

const KEEP: Duration = Duration::from_secs(90 * 86_400);

#[test]
fn refused_and_withdrawn_applications_lose_their_texts_and_keep_the_decision() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let (refused, secret) = applied(&node, &lantern()).await;
        ask(forum, refused.id, Some(by.clone()), "Who pays you?")
            .await
            .expect("asked");
        answer(forum, &secret.0, "Mr Muster.")
            .await
            .expect("answered");
        refuse(forum, refused.id, Some(by.clone()), "Nobody knows you.")
            .await
            .expect("refused");
        let (withdrawn, mine) = applied(&node, &lantern()).await;
        withdraw(forum, &mine.0).await.expect("withdrawn");
        let (open, _) = applied(&node, &lantern()).await;
        let meridian = draft("Daily Meridian", "meridian", Category::Media);
        let (approved, _) = applied(&node, &meridian).await;
        admitted(&node, &approved, &by).await;

        node.pass(TimeDelta::days(89));
        assert_eq!(clear(forum, KEEP).await.expect("swept"), 0);
        node.pass(TimeDelta::days(2));
        assert_eq!(clear(forum, KEEP).await.expect("swept"), 2);
        assert_eq!(clear(forum, KEEP).await.expect("swept"), 0);

        for id in [refused.id, withdrawn.id] {
            let seen = look(forum, id).await.expect("still there");
            let wish = &seen.application.wish;
            assert_eq!((wish.reason.as_str(), wish.email.as_str()), ("", ""));
            assert_eq!((wish.referee.as_str(), seen.referee), ("", None));
            assert_eq!(wish.name, "Lantern House");
            assert!(seen.application.cleared_at.is_some());
        }
        let seen = look(forum, refused.id).await.expect("still there");
        assert_eq!(seen.application.state, ApplicationState::Refused);
        let texts: Vec<&str> = seen.events.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["", "", "", "Nobody knows you.", ""]);
        for id in [open.id, approved.id] {
            let seen = look(forum, id).await.expect("still there");
            assert_eq!(seen.application.wish.reason, "We train border police.");
        }
    });
}

#[test]
fn the_hourly_sweep_clears() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let (_, secret) = applied(&node, &lantern()).await;
        withdraw(forum, &secret.0).await.expect("withdrawn");
        node.pass(TimeDelta::days(91));
        crate::jobs::sweep_now(forum, &node.app.config)
            .await
            .expect("swept");
        let followed = follow(forum, &secret.0).await.expect("followed");
        assert_eq!(followed.application.wish.reason, "");
    });
}
