//! Placeholders and instructions of provider files.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::provider::pattern::{Pattern, Scope};

struct Values(Value);

impl Scope for Values {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }
}

fn render(pattern: Value) -> Option<Value> {
    let values = json!({ "menu": 9, "name": "Ada", "empty": "", "vars": { "a": "1", "b": "2" }, "list": ["x"] });
    Pattern::parse(&pattern).unwrap().render(&Values(values))
}

#[test]
fn a_placeholder_alone_keeps_its_type_and_within_a_text_becomes_text() {
    assert_eq!(render(json!("{{menu}}")), Some(json!(9)));
    assert_eq!(render(json!("menu {{ menu }} of {{name}}{{nothing}}")), Some(json!("menu 9 of Ada")));
    assert_eq!(render(json!("{{list}}")), Some(json!(["x"])));
}

#[test]
fn what_is_empty_is_left_out() {
    assert_eq!(render(json!("{{nothing}}")), None);
    assert_eq!(render(json!("Bearer {{nothing}}")), None);
    assert_eq!(render(json!({ "a": { "b": "{{nothing}}" }, "c": 1 })), Some(json!({ "c": 1 })));
    assert_eq!(render(json!({ "a": {} })), Some(json!({ "a": {} })));
}

#[test]
fn each_entry_of_a_table_or_list_becomes_an_item() {
    let pattern = json!({ "$first": [{ "Name": "n" }], "$each": "vars", "$item": { "Name": "{{each.name}}", "Value": "{{each.value}}" } });
    let expected = json!([{ "Name": "n" }, { "Name": "a", "Value": "1" }, { "Name": "b", "Value": "2" }]);
    assert_eq!(render(pattern), Some(expected));
    assert_eq!(render(json!({ "$each": "list", "$item": "<{{each.value}}>" })), Some(json!(["<x>"])));
    assert_eq!(render(json!({ "$each": "nothing", "$item": 1 })), Some(json!([])));
}

#[test]
fn a_value_is_left_out_when_its_condition_holds() {
    let unless = |condition: Value| render(json!({ "$value": 1, "$unless": condition }));
    assert_eq!(unless(json!({ "name": ["Ada"], "menu": ["*"] })), None);
    assert_eq!(unless(json!({ "name": ["Ada"], "menu": [""] })), Some(json!(1)));
    assert_eq!(unless(json!({ "nothing": [""] })), None);
}

#[test]
fn mistakes_are_named() {
    for (pattern, cause) in [
        (json!("{{x"), "never closed"),
        (json!({ "$each": "x" }), "`$item` is missing"),
        (json!({ "$value": 1 }), "`$unless` is missing"),
        (json!({ "$value": 1, "$unless": { "a": ["b"] }, "other": 1 }), "`other` is not known"),
    ] {
        assert!(Pattern::parse(&pattern).unwrap_err().contains(cause));
    }
}
