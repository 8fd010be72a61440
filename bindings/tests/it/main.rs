//! What apps are told of lines: each kind that the server knows has a form of its own.

#[cfg(test)]
mod tests {
    use baton_core::records::{CannedFile, CannedFileKind, CannedMessage, LineContent, LinesPage};
    use baton_protocol::page;
    use baton_protocol::{
        Author, CommandBody, Content, Details, Line, LineKind, MessageId, OrderItem, Participant,
        Product, Referral, Timestamp,
    };
    use uuid::Uuid;

    fn shown(kind: LineKind, content: Content) -> baton_core::records::Line {
        let line = Line {
            seq: 1,
            id: MessageId(Uuid::from_u128(1)),
            author: Author::Customer,
            kind,
            at: Timestamp::from_ms(0),
            content,
            file: None,
            quoted: None,
            status: None,
            held: None,
            error: None,
            op_id: None,
            device_id: None,
            leaves_at: None,
            amended: None,
        };
        let lines = vec![line];
        let (before, past, notes, notes_before) = (None, None, Vec::new(), None);
        let page = page::LinesPage { lines, before, past, notes, notes_before };
        let page = LinesPage::of(page, None);
        page.lines.into_iter().next().expect("a line")
    }

    #[test]
    fn no_kind_that_the_server_knows_is_unsupported() {
        for kind in LineKind::ALL {
            // As it is kept where its parts were too long.
            let content = Content { text: Some("said".to_owned()), ..Content::default() };
            let shown = shown(kind, content).content;
            let is_unsupported = matches!(shown, LineContent::Unsupported { .. });
            assert_eq!(is_unsupported, kind == LineKind::Unsupported, "{kind:?}: {shown:?}");
        }
    }

    #[test]
    fn an_order_is_shown_with_its_items_and_a_first_chat_as_what_it_is() {
        let items = vec![OrderItem {
            product_id: "sku-1".to_owned(),
            quantity: "3".to_owned(),
            price: Some("30.5".to_owned()),
            currency: Some("EUR".to_owned()),
        }];
        let details = Details::Order { catalog_id: Some("c".to_owned()), items };
        let text = Some("3 × sku-1, 30.5 EUR".to_owned());
        let content =
            Content { text: text.clone(), details: Some(Box::new(details)), ..Content::default() };
        let LineContent::Order { text: told, catalog, items } =
            shown(LineKind::Order, content).content
        else {
            panic!("an order");
        };
        assert_eq!((told, catalog.as_deref()), (text, Some("c")));
        let [item] = &items[..] else { panic!("{items:?}") };
        assert_eq!((item.product.as_str(), item.quantity.as_str()), ("sku-1", "3"));
        assert_eq!((item.price.as_deref(), item.currency.as_deref()), (Some("30.5"), Some("EUR")));
        let first = shown(LineKind::WelcomeRequest, Content::default());
        assert_eq!(first.content, LineContent::WelcomeRequest);
    }

    #[test]
    fn a_line_says_what_it_is_about_and_what_led_here() {
        let product = Product { catalog_id: None, product_id: "BICI-XL-44".to_owned() };
        let referral = Referral { headline: Some("Two for one".to_owned()), ..Referral::default() };
        let line = shown(
            LineKind::Text,
            Content {
                text: Some("In blue?".to_owned()),
                product: Some(Box::new(product)),
                referral: Some(Box::new(referral)),
                ..Content::default()
            },
        );
        assert_eq!(line.product.map(|about| about.product).as_deref(), Some("BICI-XL-44"));
        assert_eq!(line.referral.and_then(|from| from.headline).as_deref(), Some("Two for one"));
    }

    #[test]
    fn who_wrote_in_a_group_is_named_by_what_shows_something() {
        let by = |name: &str, username: Option<&str>| {
            let username = username.map(str::to_owned);
            let user_id = Some("DE.1".to_owned());
            let by = Participant {
                name: Some(name.to_owned()),
                username,
                user_id,
                ..Participant::default()
            };
            let content = Content { by: Some(Box::new(by)), ..Content::default() };
            shown(LineKind::Text, content).said_by
        };
        assert_eq!(by("Mila", Some("mila.k")).as_deref(), Some("Mila"));
        assert_eq!(by("\u{3164}", Some("mila.k")).as_deref(), Some("@mila.k"));
        assert_eq!(by("\u{3164}", None).as_deref(), Some("DE.1"));
    }

    fn sent(buttons: &[&str], file: Option<CannedFile>) -> CommandBody {
        let reply = Uuid::now_v7().to_string();
        let buttons = buttons.iter().map(ToString::to_string).collect();
        let text = "Shall we?".to_owned();
        let message = CannedMessage { text, seen: None, reply, version: 1, buttons, file };
        message.body().expect("a command")
    }

    #[test]
    fn what_a_canned_reply_has_beside_its_text_goes_with_it() {
        assert!(matches!(sent(&[], None), CommandBody::Reply(_)));
        let CommandBody::Send(send) = sent(&["Yes", "No"], None) else { panic!("no buttons") };
        let Details::Buttons { buttons, .. } = *send.details else { panic!("no buttons") };
        let titles: Vec<&str> = buttons.iter().map(|button| button.title.as_str()).collect();
        assert_eq!(titles, ["Yes", "No"]);
        let link = "https://shop.example/prices.pdf".to_owned();
        let file = CannedFile { link, kind: CannedFileKind::Unknown, name: None };
        let CommandBody::Send(send) = sent(&[], Some(file)) else { panic!("no file") };
        assert!(matches!(*send.details, Details::File { kind: Some(LineKind::Document), .. }));
    }
}
