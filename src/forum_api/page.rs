//! A page of a list: what every list takes beside its filters, and what it
//! answers.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::domain::page::Window;

/// The parameters of every list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub struct Paging {
    /// 1 to 100; 20 when absent
    #[param(minimum = 1, maximum = 100, nullable = false)]
    limit: Option<i64>,
    /// `next` of the page before
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The `cursor` of the next page; `null` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is a page.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// Cuts what `window` fetched to a page. The cursor is the id of its last
    /// item.
    pub fn by_id(found: Vec<T>, window: Window, id: impl Fn(&T) -> i64) -> Self {
        let (items, is_cut) = cut(found, window);
        let last = items.last().filter(|_| is_cut);
        let next = last.map(|last| id(last).to_string());
        Self { items, next }
    }

    /// Cuts what comes after the items [`before`] it to a page. The cursor
    /// counts all these, as they have no ids that sort.
    pub fn by_count(found: Vec<T>, window: Window) -> Self {
        let (items, is_cut) = cut(found, window);
        let next = is_cut.then(|| (before(window) + window.limit - 1).to_string());
        Self { items, next }
    }

    /// The same of a list that was read as a whole.
    pub fn of_all(all: Vec<T>, window: Window) -> Self {
        let passed = usize::try_from(before(window)).unwrap_or(usize::MAX);
        Self::by_count(all.into_iter().skip(passed).collect(), window)
    }

    /// The page with its items as documents.
    pub fn map<D>(self, document: impl FnMut(T) -> D) -> Page<D> {
        Page {
            items: self.items.into_iter().map(document).collect(),
            next: self.next,
        }
    }

    /// The same where they are made together.
    ///
    /// # Errors
    /// Those of `documents`.
    pub fn try_map_all<D, E>(
        self,
        documents: impl FnOnce(Vec<T>) -> Result<Vec<D>, E>,
    ) -> Result<Page<D>, E> {
        Ok(Page {
            items: documents(self.items)?,
            next: self.next,
        })
    }
}

/// How many items come before a page [`Page::by_count`].
pub fn before(window: Window) -> i64 {
    window.before.unwrap_or(0)
}

/// The window holds one item more than the page, which shows whether there is
/// another page.
fn cut<T>(mut found: Vec<T>, window: Window) -> (Vec<T>, bool) {
    let size = usize::try_from(window.limit - 1).unwrap_or_default();
    let is_cut = found.len() > size;
    found.truncate(size);
    (found, is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<T>(page: Page<T>) -> (Vec<T>, Option<String>) {
        (page.items, page.next)
    }

    #[test]
    fn the_next_cursor_is_given_only_when_there_is_more() {
        let window = Window::before(None, 3);
        let page = |found| parts(Page::by_id(found, window, |id| *id));
        assert_eq!(page(vec![9, 8]), (vec![9, 8], None));
        assert_eq!(page(vec![9, 8, 7]), (vec![9, 8], Some("8".into())));
    }

    #[test]
    fn a_cursor_that_counts_counts_the_pages_before() {
        let page = |before| {
            parts(Page::by_count(
                vec!["c", "d", "e"],
                Window::before(before, 3),
            ))
        };
        assert_eq!(page(None), (vec!["c", "d"], Some("2".into())));
        assert_eq!(page(Some(2)), (vec!["c", "d"], Some("4".into())));
        let last = Page::of_all(vec!["a", "b", "c", "d"], Window::before(Some(2), 3));
        assert_eq!(parts(last), (vec!["c", "d"], None));
    }
}
