use super::*;
use crate::call::Request;
use crate::caller::Caller;
use crate::lag::Lag;

fn state() -> State {
    State::new(Lag::NONE)
}

fn ask(state: &mut State, operation: &str, mut input: Value) -> Answer {
    if operation != "BatchWriteItem" && operation != "TransactWriteItems" {
        input["TableName"] = "cases".into();
    }
    let caller = Caller::Root { account: "111122223333".to_owned() };
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    answer(state, &Call { request: Request::new("dynamodb", operation, input), caller, at })
}

fn code(answer: Answer) -> String {
    answer.unwrap_err().code.rsplit('#').next().unwrap().to_owned()
}

fn key(sk: &str) -> Value {
    json!({ "pk": { "S": "CASE#1" }, "sk": { "S": sk } })
}

/// As `crates/aws/src/cases.rs` writes: a case is taken once, kept by its lease, and taken over when that has run out.
#[test]
fn a_case_is_taken_once_kept_by_its_lease_and_taken_over_after_it() {
    let mut state = state();
    let mut item = key("CASE");
    item["state"] = json!({ "S": "open" });
    item["lease"] = json!({ "S": "first" });
    item["lease_until"] = json!({ "N": "1000" });
    let put = json!({
        "Item": item, "ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    assert_eq!(ask(&mut state, "PutItem", put.clone()).unwrap(), json!({}));
    let refused = ask(&mut state, "PutItem", put).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), &refused.extra["Item"]["lease"]["S"]),
        ("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", &json!("first"))
    );
    let take_over = |now: &str| {
        json!({
            "Key": key("CASE"),
            "UpdateExpression": "SET #state = :state, lease = :lease, lease_until = :until, published = :published",
            "ConditionExpression": "lease = :from AND (lease_until < :now OR #state = :closed)",
            "ExpressionAttributeNames": { "#state": "state" },
            "ExpressionAttributeValues": {
                ":state": { "S": "open" }, ":lease": { "S": "second" }, ":until": { "N": "2000" }, ":published": { "S": "d" },
                ":from": { "S": "first" }, ":now": { "N": now }, ":closed": { "S": "closed" },
            },
            "ReturnValues": "ALL_NEW",
        })
    };
    // Numbers compare as numbers: "999" is less than "1000".
    assert_eq!(code(ask(&mut state, "UpdateItem", take_over("999"))), "ConditionalCheckFailedException");
    let taken = ask(&mut state, "UpdateItem", take_over("1001")).unwrap();
    assert_eq!(taken["Attributes"]["lease"]["S"], "second");
    assert_eq!(state.dynamodb.item("cases", "CASE#1", "CASE").unwrap()["published"], json!({ "S": "d" }));
    assert_eq!(code(ask(&mut state, "UpdateItem", take_over("5000"))), "ConditionalCheckFailedException");
}

/// As `crates/aws/src/guardrails/breaker` writes its slots.
#[test]
fn slots_are_taken_under_long_conditions_and_given_back() {
    let mut state = state();
    let slots = (0..45).map(|n| format!(" AND NOT contains(s{n}, :me)")).collect::<Vec<_>>().concat();
    let take = |value: &str| {
        json!({
            "Key": key("BREAKER"),
            "UpdateExpression": "SET s3 = :s3, s50 = :s50",
            "ConditionExpression": format!("attribute_not_exists(open_since) AND (attribute_not_exists(s50) OR s50 < :now){slots}"),
            "ExpressionAttributeValues": {
                ":s3": { "S": value }, ":s50": { "S": value }, ":now": { "S": "1800000000000" }, ":me": { "S": "#case-1#" },
            },
        })
    };
    ask(&mut state, "UpdateItem", take("1700000000000#case-2#1")).unwrap();
    // What stands in the slot counts no more, so another one takes it; then the same case stands there.
    ask(&mut state, "UpdateItem", take("1900000000000#case-1#1")).unwrap();
    assert_eq!(code(ask(&mut state, "UpdateItem", take("1900000000000#case-1#1"))), "ConditionalCheckFailedException");
    let give_back = json!({
        "Key": key("BREAKER"), "UpdateExpression": "REMOVE s3, s50", "ConditionExpression": "s3 = :s3 AND s50 = :s3",
        "ExpressionAttributeValues": { ":s3": { "S": "1900000000000#case-1#1" } }, "ReturnValues": "UPDATED_OLD",
    });
    let shown = ask(&mut state, "UpdateItem", give_back).unwrap();
    assert_eq!(shown["Attributes"].as_object().unwrap().len(), 2);
    assert_eq!(state.dynamodb.item("cases", "CASE#1", "BREAKER").unwrap().len(), 2, "only its keys");
}

#[test]
fn what_dynamodb_refuses_is_refused() {
    let mut state = state();
    let many: String = (0..101).map(|_| "a = :v AND b <> :v OR ").collect::<String>() + "c < :v";
    let long = format!("{} < :v", "a".repeat(4_100));
    for (condition, why) in [
        ("state = :v", "reserved"),
        ("lease = :v AND", "Syntax"),
        ("((lease = :v))", "redundant"),
        ("lease == :v", "Syntax"),
        ("exists(lease)", "function"),
        ("lease = :w", "not defined"),
        ("attribute_exists(lease)", "unused"),
        ("#n = :v", "not defined"),
        (&many, "operators"),
        (&long, "size"),
    ] {
        let input = json!({
            "Item": key("x"), "ConditionExpression": condition, "ExpressionAttributeValues": { ":v": { "S": "1" } },
        });
        let refusal = ask(&mut state, "PutItem", input).unwrap_err();
        assert!(refusal.code == "ValidationException" && refusal.message.contains(why), "{condition}: {refusal:?}");
    }
    for (update, why) in [
        ("SET pk = :v", "part of the key"),
        ("SET a = :v, a = :v", "overlap"),
        ("SET a.b = :v, a = :v", "overlap"),
        ("SET a = :v SET b = :v", "only be used once"),
        ("SET a = b, c = :v", "does not exist in the item"),
        ("SET a.b = :v", "document path"),
        ("SET a = if_not_exists(a, :v) + :v", "incorrect data type"),
    ] {
        let input = json!({
            "Key": key("x"), "UpdateExpression": update, "ExpressionAttributeValues": { ":v": { "S": "1" } },
        });
        let refusal = ask(&mut state, "UpdateItem", input).unwrap_err();
        assert!(refusal.code == "ValidationException" && refusal.message.contains(why), "{update}: {refusal:?}");
    }
    let no_expression = json!({ "Item": key("x"), "ExpressionAttributeValues": { ":v": { "S": "1" } } });
    assert!(ask(&mut state, "PutItem", no_expression).unwrap_err().message.contains("when using expressions"));
    assert!(state.dynamodb.items("cases").next().is_none());
}

#[test]
fn an_item_of_400_kilobytes_is_taken_and_one_byte_more_is_not() {
    let mut state = state();
    let mut item = key("CASE");
    // pk and CASE#1, sk and CASE, record.
    item["record"] = json!({ "S": "x".repeat(400 * 1024 - 2 - 6 - 2 - 4 - 6) });
    assert_eq!(size_of(item.as_object().unwrap()), 400 * 1024);
    ask(&mut state, "PutItem", json!({ "Item": item })).unwrap();
    assert_eq!(state.dynamodb.largest, 400 * 1024);
    let more = json!({
        "Key": key("CASE"), "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": { ":a": { "N": "1" } },
    });
    assert!(ask(&mut state, "UpdateItem", more).unwrap_err().message.contains("exceeded the maximum allowed size"));
    item["record"] = json!({ "S": format!("{}y", item["record"]["S"].as_str().unwrap()) });
    let refusal = ask(&mut state, "PutItem", json!({ "Item": item })).unwrap_err();
    assert_eq!(refusal.message, "Item size has exceeded the maximum allowed size");
    assert_eq!(
        size_of(json!({ "n": { "N": "-1700" }, "l": { "L": [{ "BOOL": true }] } }).as_object().unwrap()),
        1 + 3 + 1 + 3 + 2
    );
}

#[test]
fn updates_count_append_and_keep_sets() {
    let mut state = state();
    let update = |expression: &str, values: Value| {
        json!({
            "Key": key("x"), "UpdateExpression": expression, "ExpressionAttributeValues": values, "ReturnValues": "ALL_NEW",
        })
    };
    let mut run = |expression: &str, values: Value| {
        ask(&mut state, "UpdateItem", update(expression, values)).unwrap()["Attributes"].clone()
    };
    run("ADD n :one, tags :a", json!({ ":one": { "N": "1" }, ":a": { "SS": ["a", "b"] } }));
    let shown = run(
        "SET l = list_append(if_not_exists(l, :none), :x), m = n + :one ADD n :one DELETE tags :a",
        json!({ ":one": { "N": "1" }, ":none": { "L": [] }, ":x": { "L": [{ "S": "x" }] }, ":a": { "SS": ["a"] } }),
    );
    assert_eq!((&shown["n"]["N"], &shown["m"]["N"]), (&json!("2"), &json!("2")), "all that is read is read before");
    assert_eq!((&shown["tags"], &shown["l"]), (&json!({ "SS": ["b"] }), &json!({ "L": [{ "S": "x" }] })));
    let shown = run("DELETE tags :b REMOVE l[0]", json!({ ":b": { "SS": ["b"] } }));
    assert!(shown.get("tags").is_none() && shown["l"] == json!({ "L": [] }));
}

#[test]
fn a_partition_is_read_page_by_page_and_filtered_after() {
    let mut state = state();
    state.page = 3;
    for n in 0..7 {
        let mut item = key(&format!("ROW#{n}"));
        item["owners"] = json!({ "SS": [if n % 2 == 0 { "alice" } else { "bob" }] });
        ask(&mut state, "PutItem", json!({ "Item": item })).unwrap();
    }
    let mut found = vec![];
    let mut start = Value::Null;
    loop {
        let mut input = json!({
            "KeyConditionExpression": "pk = :pk", "FilterExpression": "contains(owners, :o0) OR contains(owners, :o1)",
            "ExpressionAttributeValues": { ":pk": { "S": "CASE#1" }, ":o0": { "S": "alice" }, ":o1": { "S": "carol" } },
        });
        if !start.is_null() {
            input["ExclusiveStartKey"] = start;
        }
        let page = ask(&mut state, "Query", input).unwrap();
        assert!(page["ScannedCount"].as_u64().unwrap() <= 3);
        found.extend(page["Items"].as_array().unwrap().clone());
        start = page["LastEvaluatedKey"].clone();
        if start.is_null() {
            break;
        }
    }
    assert_eq!(found.len(), 4);
    let between = json!({
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :p)", "Limit": 2, "ScanIndexForward": false,
        "ExpressionAttributeValues": { ":pk": { "S": "CASE#1" }, ":p": { "S": "ROW#" } },
    });
    let page = ask(&mut state, "Query", between).unwrap();
    assert_eq!(page["Items"][0]["sk"]["S"], "ROW#6");
    assert_eq!(page["LastEvaluatedKey"]["sk"]["S"], "ROW#5");
}

#[test]
fn a_transaction_is_all_or_nothing_and_a_batch_may_be_done_in_part() {
    let mut state = state();
    let put = |sk: &str| json!({ "Put": { "TableName": "cases", "Item": key(sk), "ConditionExpression": "attribute_not_exists(pk)" } });
    let both = json!({ "TransactItems": [put("a"), put("b")], "ClientRequestToken": "t" });
    ask(&mut state, "TransactWriteItems", both.clone()).unwrap();
    ask(&mut state, "TransactWriteItems", both).unwrap();
    let refusal = ask(&mut state, "TransactWriteItems", json!({ "TransactItems": [put("c"), put("a")] })).unwrap_err();
    assert_eq!(refusal.extra["CancellationReasons"][1]["Code"], "ConditionalCheckFailed");
    assert_eq!(state.dynamodb.items("cases").count(), 2, "c was not written");
    state.dynamodb.unprocessed = 1;
    let writes: Vec<Value> = ["c", "d"].map(|sk| json!({ "PutRequest": { "Item": key(sk) } })).into();
    let done = ask(&mut state, "BatchWriteItem", json!({ "RequestItems": { "cases": writes } })).unwrap();
    assert_eq!(done["UnprocessedItems"]["cases"].as_array().unwrap().len(), 1);
    assert_eq!(state.dynamodb.items("cases").count(), 3);
    let many: Vec<Value> = (0..26).map(|n| json!({ "DeleteRequest": { "Key": key(&n.to_string()) } })).collect();
    assert_eq!(
        code(ask(&mut state, "BatchWriteItem", json!({ "RequestItems": { "cases": many } }))),
        "ValidationException"
    );
    let twice: Vec<Value> = ["e", "e"].map(|sk| json!({ "PutRequest": { "Item": key(sk) } })).into();
    assert_eq!(
        code(ask(&mut state, "BatchWriteItem", json!({ "RequestItems": { "cases": twice } }))),
        "ValidationException"
    );
}
