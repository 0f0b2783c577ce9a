//! Which delivery of a host is next. Those with the same key go one after the
//! other, by id; apart from that, those tried least go first, so that one
//! which always fails does not stand in the way of the others.

use std::collections::{HashSet, VecDeque};

use url::Url;

use crate::domain::{delivery::Delivery, id::DeliveryId};

/// The deliveries of one host that were read but not sent.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// By id.
    waiting: VecDeque<Delivery>,
    /// Keys of which one is being sent.
    busy: HashSet<String>,
    /// The last one read.
    last: Option<DeliveryId>,
}

impl Queue {
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Only what comes after this one is still to be read.
    pub fn last(&self) -> Option<DeliveryId> {
        self.last
    }

    /// Adds what was read, in its order.
    pub fn add(&mut self, deliveries: Vec<Delivery>) {
        self.last = deliveries.last().map(|last| last.id).or(self.last);
        self.waiting.extend(deliveries);
    }

    /// Takes the next one that may be sent now; its key is busy until
    /// [`Queue::ended`].
    pub fn take(&mut self) -> Option<Delivery> {
        let mut earlier: HashSet<&str> = HashSet::new();
        let next = self
            .waiting
            .iter()
            .enumerate()
            .filter(|(_, delivery)| {
                let key = delivery.order_key.as_str();
                earlier.insert(key) && !self.busy.contains(key)
            })
            .min_by_key(|(place, delivery)| (delivery.attempts, *place))
            .map(|(place, _)| place)?;
        let delivery = self.waiting.remove(next)?;
        self.busy.insert(delivery.order_key.clone());
        Some(delivery)
    }

    pub fn ended(&mut self, delivery: &Delivery) {
        self.busy.remove(&delivery.order_key);
    }

    /// The inbox is gone: what waits for it will not be sent.
    pub fn forget(&mut self, inbox: &Url) {
        self.waiting.retain(|delivery| delivery.inbox != *inbox);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ActivityId, OrganisationId};

    fn delivery(id: i64, key: &str, attempts: i32) -> Delivery {
        Delivery {
            id: DeliveryId(id),
            activity: ActivityId(1),
            sender: OrganisationId(1),
            inbox: Url::parse(&format!("https://a.example/{key}")).expect("an address"),
            order_key: key.to_owned(),
            attempts,
        }
    }

    fn queue(deliveries: Vec<Delivery>) -> Queue {
        let mut queue = Queue::default();
        queue.add(deliveries);
        queue
    }

    fn take(queue: &mut Queue) -> Option<i64> {
        queue.take().map(|delivery| delivery.id.0)
    }

    #[test]
    fn different_keys_go_at_once_and_the_same_key_one_after_the_other() {
        let first = delivery(1, "x", 0);
        let mut queue = queue(vec![
            first.clone(),
            delivery(2, "x", 0),
            delivery(3, "y", 0),
        ]);
        assert_eq!(take(&mut queue), Some(1));
        assert_eq!(take(&mut queue), Some(3));
        assert_eq!(take(&mut queue), None);
        queue.ended(&first);
        assert_eq!(take(&mut queue), Some(2));
        assert!(queue.is_empty());
        assert_eq!(queue.last(), Some(DeliveryId(3)));
    }

    #[test]
    fn the_one_tried_least_goes_first_but_never_before_its_elders() {
        let mut queue = queue(vec![
            delivery(1, "x", 3),
            delivery(2, "x", 0),
            delivery(3, "y", 1),
        ]);
        assert_eq!(take(&mut queue), Some(3));
        assert_eq!(take(&mut queue), Some(1));
        assert_eq!(take(&mut queue), None);
    }

    #[test]
    fn what_waits_for_a_gone_inbox_is_forgotten() {
        let gone = delivery(1, "x", 0);
        let mut queue = queue(vec![gone.clone(), delivery(2, "y", 0)]);
        queue.forget(&gone.inbox);
        assert_eq!(take(&mut queue), Some(2));
        assert!(queue.is_empty());
    }
}
