//! What a declaration gives, and how sets are cut for statements.

#![expect(unreachable_pub, reason = "declared tables are public")]

use super::*;

table! {
    /// A thing.
    thing: Thing {
        /// What a change of it writes.
        change: ThingChange {
            key { owner: String, n: i64 }
            state { name: Option<String>, size: Option<i64> }
        }
        fixed { at: i64 }
    }
}

fn thing(n: i64) -> Thing {
    let change = ThingChange { owner: "o".to_owned(), n, name: None, size: Some(7) };
    Thing { change, at: 9 }
}

#[test]
fn a_declaration_gives_each_statement_of_each_database() {
    static INSERT: Statement<Thing> = Statement::insert_or("ON CONFLICT (n) DO NOTHING");
    static REPLACE: Statement<ThingChange> = Statement::replace();
    static ADD: Statement<ThingChange> = Statement::add();
    static DELETE: Statement<Thing> = Statement::delete();
    assert_eq!(
        INSERT.text.postgres(3),
        "INSERT INTO thing (owner, n, name, size, at) SELECT owner, n, name, size, at \
         FROM unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[]) \
         AS x (owner, n, name, size, at) ON CONFLICT (n) DO NOTHING"
    );
    let change = ThingChange::COLUMNS.len();
    assert_eq!(change, 4);
    assert!(REPLACE.text.postgres(1).ends_with("WHERE thing.owner = x.owner AND thing.n = x.n"));
    assert!(REPLACE.text.postgres(1).starts_with("UPDATE thing SET name = x.name, size = x.size"));
    assert!(ADD.text.sqlite(1).contains("size = thing.size + x.size"));
    assert!(DELETE.text.sqlite(4).contains("VALUES (?, ?), (?, ?), (?, ?), (?, ?)"));
}

#[test]
fn a_set_has_the_values_that_its_statement_takes_row_after_row() {
    static INSERT: Statement<Thing> = Statement::insert();
    static DELETE: Statement<Thing> = Statement::delete();
    let rows = [thing(1), thing(2)];
    let (all, keys) = (Set::new(&INSERT, &rows), Set::new(&DELETE, &rows));
    assert_eq!((all.len(), all.width()), (2, 5));
    let key = |n| [Value::Text(Some("o")), Value::Integer(Some(n))];
    assert_eq!(keys.rows(0, 64).collect::<Vec<_>>(), [key(1), key(2)].concat());
    assert_eq!(keys.rows(1, 64).collect::<Vec<_>>(), key(2));
    let last = all.rows(1, 1).collect::<Vec<_>>();
    assert_eq!(last[2..], [Value::Text(None), Value::Integer(Some(7)), Value::Integer(Some(9))]);
}

#[test]
fn sizes_are_rounded_up_and_the_greatest_takes_the_rest_in_turns() {
    for (rows, size) in [(1, 1), (2, 4), (5, 16), (64, 64), (65, 256), (999, 256)] {
        assert_eq!(size_of(rows), size);
    }
}
