//! Markdown as people write it, to the HTML that the Forum shows.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream, html};

use super::{links, sanitise};

/// Markdown (CommonMark with tables and strikethrough) to safe HTML. Headings
/// become strong paragraphs, tables lists with a line for each row, pictures
/// links; HTML within the Markdown is shown as the text it is.
pub fn render_markdown(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = TextMergeStream::new(Parser::new_ext(markdown, options));
    let mut simplified = Vec::new();
    let mut place = Place::default();
    for event in events {
        place.note(&event);
        simplify(event, &place, &mut simplified);
    }
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, simplified.into_iter());
    sanitise(&rendered)
}

/// What surrounds the current event.
#[derive(Default)]
struct Place {
    links: usize,
    in_code: bool,
    cells_in_row: usize,
}

impl Place {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => self.links += 1,
            Event::End(TagEnd::Link | TagEnd::Image) => self.links -= 1,
            Event::Start(Tag::CodeBlock(_)) => self.in_code = true,
            Event::End(TagEnd::CodeBlock) => self.in_code = false,
            Event::Start(Tag::TableHead | Tag::TableRow) => self.cells_in_row = 0,
            Event::Start(Tag::TableCell) => self.cells_in_row += 1,
            _ => {}
        }
    }

    /// May a bare address in the text become a link?
    fn links_addresses(&self) -> bool {
        self.links == 0 && !self.in_code
    }
}

fn simplify<'a>(event: Event<'a>, place: &Place, out: &mut Vec<Event<'a>>) {
    match event {
        Event::Start(Tag::Heading { .. } | Tag::TableHead) => {
            out.push(match event {
                Event::Start(Tag::TableHead) => Event::Start(Tag::Item),
                _ => Event::Start(Tag::Paragraph),
            });
            out.push(Event::Start(Tag::Strong));
        }
        Event::End(TagEnd::Heading(_)) => {
            out.push(Event::End(TagEnd::Strong));
            out.push(Event::End(TagEnd::Paragraph));
        }
        Event::End(TagEnd::TableHead) => {
            out.push(Event::End(TagEnd::Strong));
            out.push(Event::End(TagEnd::Item));
        }
        Event::Start(Tag::Table(_)) => out.push(Event::Start(Tag::List(None))),
        Event::End(TagEnd::Table) => out.push(Event::End(TagEnd::List(false))),
        Event::Start(Tag::TableRow) => out.push(Event::Start(Tag::Item)),
        Event::End(TagEnd::TableRow) => out.push(Event::End(TagEnd::Item)),
        Event::Start(Tag::TableCell) if place.cells_in_row > 1 => {
            out.push(Event::Text(CowStr::Borrowed(" · ")));
        }
        Event::Start(Tag::TableCell) | Event::End(TagEnd::TableCell) => {}
        // No picture is loaded from elsewhere: a link shows what it was.
        Event::Start(Tag::Image {
            dest_url,
            title,
            link_type,
            id,
        }) if place.links == 1 => out.push(Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        })),
        Event::End(TagEnd::Image) if place.links == 0 => out.push(Event::End(TagEnd::Link)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
        Event::Start(Tag::HtmlBlock) => out.push(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => out.push(Event::End(TagEnd::Paragraph)),
        Event::Html(text) | Event::InlineHtml(text) => out.push(Event::Text(text)),
        Event::Text(text) if place.links_addresses() => push_linked(&text, out),
        other => out.push(other),
    }
}

/// Text in which bare web addresses are links.
fn push_linked<'a>(text: &str, out: &mut Vec<Event<'a>>) {
    for piece in links::split_addresses(text) {
        match piece {
            links::Piece::Text(text) => out.push(Event::Text(text.to_owned().into())),
            links::Piece::Address(address) => {
                out.push(Event::Start(Tag::Link {
                    link_type: pulldown_cmark::LinkType::Autolink,
                    dest_url: address.to_owned().into(),
                    title: CowStr::Borrowed(""),
                    id: CowStr::Borrowed(""),
                }));
                out.push(Event::Text(address.to_owned().into()));
                out.push(Event::End(TagEnd::Link));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_of_ordinary_writing_are_kept() {
        assert_eq!(
            render_markdown(
                "Five *days*, **two** ~~three~~ trainers.\n\n- a\n- b\n\n> said\n\n`x<y`"
            ),
            "<p>Five <em>days</em>, <strong>two</strong> <del>three</del> trainers.</p>\n\
             <ul>\n<li>a</li>\n<li>b</li>\n</ul>\n\
             <blockquote>\n<p>said</p>\n</blockquote>\n<p><code>x&lt;y</code></p>\n"
        );
    }

    #[test]
    fn headings_become_strong_paragraphs() {
        assert_eq!(
            render_markdown("# Need\nText"),
            "<p><strong>Need</strong></p>\n<p>Text</p>\n"
        );
    }

    #[test]
    fn a_table_becomes_a_list_with_a_line_for_each_row() {
        assert_eq!(
            plain_list(&render_markdown(
                "|When|What|\n|-|-|\n|Mon|Law|\n|Tue|**Case**|\n"
            )),
            "<ul><li><strong>When · What</strong></li><li>Mon · Law</li>\
             <li>Tue · <strong>Case</strong></li></ul>"
        );
    }

    fn plain_list(html: &str) -> String {
        html.replace('\n', "")
    }

    #[test]
    fn raw_html_is_shown_as_text_and_never_passed_through() {
        assert_eq!(
            render_markdown("a <b>b</b> <img src=x onerror=alert(1)>"),
            "<p>a &lt;b&gt;b&lt;/b&gt; &lt;img src=x onerror=alert(1)&gt;</p>\n"
        );
        let block = render_markdown("<script>alert(1)</script>\n\nafter");
        assert!(
            block.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "{block}"
        );
        assert!(!block.contains("<script"), "{block}");
    }

    #[test]
    fn pictures_become_links() {
        assert_eq!(
            render_markdown("![The poster](https://n.example/p.png)"),
            "<p><a href=\"https://n.example/p.png\" rel=\"nofollow noopener noreferrer\">\
             The poster</a></p>\n"
        );
    }

    #[test]
    fn a_picture_within_a_link_leaves_the_link_alone() {
        assert_eq!(
            render_markdown("[![badge](https://a.example/b.png)](https://c.example/)"),
            "<p><a href=\"https://c.example/\" rel=\"nofollow noopener noreferrer\">badge</a></p>\n"
        );
    }

    #[test]
    fn bare_addresses_become_links_but_not_in_code() {
        assert_eq!(
            render_markdown("See https://n.example/a_b_c?x=1&y=2. And `https://n.example/`"),
            "<p>See <a href=\"https://n.example/a_b_c?x=1&amp;y=2\" \
             rel=\"nofollow noopener noreferrer\">https://n.example/a_b_c?x=1&amp;y=2</a>. \
             And <code>https://n.example/</code></p>\n"
        );
    }

    #[test]
    fn links_to_anything_but_the_web_lose_their_target() {
        for target in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/local",
            "mailto:a@b.example",
        ] {
            let html = render_markdown(&format!("[x]({target})"));
            assert!(!html.contains("href"), "{html}");
            assert!(html.contains('x'));
        }
    }
}
