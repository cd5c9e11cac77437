//! DynamoDB's expressions, as far as the guardrails use them: conditions, filters and updates are evaluated, not recognised,
//! so that what the code writes is what is tested.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::fake_aws::State;
use super::protocol::Answer;

type Item = Map<String, Value>;

pub(crate) fn answer(state: &mut State, operation: &str, input: &Value) -> Answer {
    let expression = |name: &str| input[name].as_str();
    match operation {
        "PutItem" => {
            let key = key_of(&input["Item"]);
            let old = state.table.get(&key);
            if !holds(expression("ConditionExpression").expect("all writes are conditional"), old, input) {
                return Err(refused(old, input));
            }
            state.table.insert(key, input["Item"].as_object().unwrap().clone());
            Ok("{}".to_owned())
        }
        "UpdateItem" => {
            let key = key_of(&input["Key"]);
            let old = state.table.get(&key);
            if !holds(expression("ConditionExpression").expect("all writes are conditional"), old, input) {
                return Err(refused(old, input));
            }
            let mut item = old.cloned().unwrap_or_else(|| input["Key"].as_object().unwrap().clone());
            update(&mut item, expression("UpdateExpression").unwrap(), input);
            state.log.push((key.clone(), item.clone()));
            let shown = if input["ReturnValues"] == "ALL_NEW" { json!({"Attributes": item}) } else { json!({}) };
            state.table.insert(key, item);
            Ok(shown.to_string())
        }
        "DeleteItem" => {
            let key = key_of(&input["Key"]);
            let old = state.table.get(&key);
            if !holds(expression("ConditionExpression").expect("all writes are conditional"), old, input) {
                return Err(refused(old, input));
            }
            state.table.remove(&key);
            Ok("{}".to_owned())
        }
        "GetItem" => {
            assert_eq!(input["ConsistentRead"], true);
            let item = state.table.get(&key_of(&input["Key"]));
            Ok(item.map_or(json!({}), |item| json!({"Item": item})).to_string())
        }
        "Query" => Ok(query(state, input)),
        "BatchWriteItem" => Ok(batch(state, input)),
        other => panic!("DynamoDB was asked for {other}"),
    }
}

pub(crate) fn key_of(of: &Value) -> String {
    format!("{} {}", of["pk"]["S"].as_str().unwrap(), of["sk"]["S"].as_str().unwrap())
}

fn refused(old: Option<&Item>, input: &Value) -> (u16, String) {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let shown = old.filter(|_| input["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD");
    (400, json!({"__type": kind, "message": "The conditional request failed", "Item": shown}).to_string())
}

/// Pages hold so many items before the filter, as DynamoDB's hold so many bytes.
fn query(state: &State, input: &Value) -> String {
    assert_eq!(input["ConsistentRead"], true);
    assert_eq!(input["KeyConditionExpression"], "pk = :pk");
    let partition = format!("{} ", input["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap());
    let after = input["ExclusiveStartKey"].as_object().map(|_| key_of(&input["ExclusiveStartKey"]));
    let limit = input["Limit"].as_u64().map_or(state.page, |limit| state.page.min(usize::try_from(limit).unwrap()));
    let mut left = state
        .table
        .iter()
        .filter(|(key, _)| key.starts_with(&partition) && after.as_ref().is_none_or(|after| *key > after))
        .map(|(_, item)| item);
    let page: Vec<&Item> = left.by_ref().take(limit).collect();
    let filter = input["FilterExpression"].as_str();
    let items: Vec<&Item> =
        page.iter().copied().filter(|item| filter.is_none_or(|filter| holds(filter, Some(item), input))).collect();
    let mut answer = json!({"Items": items, "Count": items.len(), "ScannedCount": page.len()});
    if let (Some(last), true) = (page.last(), left.next().is_some()) {
        answer["LastEvaluatedKey"] = json!({"pk": last["pk"], "sk": last["sk"]});
    }
    answer.to_string()
}

/// Hands back as many writes as the test says, the last ones of each batch.
fn batch(state: &mut State, input: &Value) -> String {
    let (table, writes) = input["RequestItems"].as_object().unwrap().iter().next().unwrap();
    let writes = writes.as_array().unwrap();
    assert!((1..=25).contains(&writes.len()), "a batch of {}", writes.len());
    let key = |write: &Value| match &write["PutRequest"]["Item"] {
        Value::Null => key_of(&write["DeleteRequest"]["Key"]),
        item => key_of(item),
    };
    let mut keys: Vec<String> = writes.iter().map(key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), writes.len(), "DynamoDB refuses a batch with two writes of one item");
    let back = state.unprocessed.min(writes.len());
    state.unprocessed -= back;
    let (taken, back) = writes.split_at(writes.len() - back);
    for write in taken {
        match write["PutRequest"]["Item"].as_object() {
            Some(item) => state.table.insert(key(write), item.clone()),
            None => state.table.remove(&key(write)),
        };
    }
    let back = if back.is_empty() { json!({}) } else { json!({table: back}) };
    json!({"UnprocessedItems": back}).to_string()
}

/// `SET a = :a, b = :b REMOVE c, d`, each part as often as DynamoDB allows: once.
fn update(item: &mut Item, expression: &str, input: &Value) {
    let (set, remove) = match expression.split_once("REMOVE ") {
        Some((set, remove)) => (set.trim(), remove),
        None => (expression, ""),
    };
    for part in set.strip_prefix("SET ").unwrap_or_default().split(',').filter(|part| !part.trim().is_empty()) {
        let (name, value) = part.split_once('=').unwrap();
        let value = &input["ExpressionAttributeValues"][value.trim()];
        assert!(value.is_object(), "{part} has no value");
        item.insert(name_of(name.trim(), input), value.clone());
    }
    for name in remove.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        item.remove(&name_of(name, input));
    }
}

/// Those of DynamoDB's reserved words that an attribute of ours might be called.
const RESERVED: [&str; 6] = ["COUNT", "OWNER", "RECORD", "STATE", "STATUS", "TTL"];

fn name_of(name: &str, input: &Value) -> String {
    assert!(!RESERVED.contains(&name.to_uppercase().as_str()), "DynamoDB refuses the reserved word {name}");
    input["ExpressionAttributeNames"][name].as_str().unwrap_or(name).to_owned()
}

/// Whether an expression holds of an item; none has no attributes.
fn holds(expression: &str, item: Option<&Item>, input: &Value) -> bool {
    // DynamoDB's own limits.
    assert!(expression.len() <= 4096, "an expression of {} bytes", expression.len());
    let tokens = tokens(expression);
    let operators = ["AND", "OR", "NOT", "=", "<>", "<", ">", "<=", ">="];
    let functions = ["attribute_exists", "attribute_not_exists", "contains"];
    let count = tokens.iter().filter(|t| operators.contains(&t.as_str()) || functions.contains(&t.as_str())).count();
    assert!(count <= 300, "an expression of {count} operators");
    let expressions = ["ConditionExpression", "UpdateExpression", "FilterExpression", "KeyConditionExpression"];
    let used: BTreeSet<String> =
        expressions.iter().flat_map(|of| self::tokens(input[of].as_str().unwrap_or_default())).collect();
    for name in input["ExpressionAttributeValues"].as_object().into_iter().flat_map(Map::keys) {
        assert!(used.contains(name), "DynamoDB refuses a value that no expression uses: {name}");
    }
    let mut parser = Parser { tokens, at: 0, item, input };
    let result = parser.any();
    assert_eq!(parser.at, parser.tokens.len(), "not understood: {expression}");
    result
}

fn tokens(expression: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in expression.chars() {
        if c.is_ascii_alphanumeric() || "_:#".contains(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        match tokens.last_mut() {
            Some(last) if (last == "<" && (c == '>' || c == '=')) || (last == ">" && c == '=') => last.push(c),
            _ if !c.is_whitespace() => tokens.push(c.to_string()),
            _ => {}
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    item: Option<&'a Item>,
    input: &'a Value,
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|t| t == token);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens[self.at - 1].clone()
    }

    fn any(&mut self) -> bool {
        let mut result = self.all();
        while self.take("OR") {
            result |= self.all();
        }
        result
    }

    fn all(&mut self) -> bool {
        let mut result = self.one();
        while self.take("AND") {
            result &= self.one();
        }
        result
    }

    fn one(&mut self) -> bool {
        if self.take("NOT") {
            return !self.one();
        }
        if self.take("(") {
            let result = self.any();
            assert!(self.take(")"));
            return result;
        }
        for function in ["attribute_exists", "attribute_not_exists", "contains"] {
            if !self.take(function) {
                continue;
            }
            assert!(self.take("("));
            let first = self.operand();
            let result = if function == "contains" {
                assert!(self.take(","));
                contains(first.as_ref(), self.operand().as_ref())
            } else {
                first.is_some() == (function == "attribute_exists")
            };
            assert!(self.take(")"));
            return result;
        }
        let left = self.operand();
        let operator = self.next();
        let right = self.operand();
        compares(left.as_ref(), &operator, right.as_ref())
    }

    /// A value, or the item's attribute of this name.
    fn operand(&mut self) -> Option<Value> {
        let name = self.next();
        if name.starts_with(':') {
            let value = self.input["ExpressionAttributeValues"][&name].clone();
            assert!(value.is_object(), "{name} has no value");
            return Some(value);
        }
        self.item?.get(&name_of(&name, self.input)).cloned()
    }
}

fn contains(whole: Option<&Value>, part: Option<&Value>) -> bool {
    let (Some(whole), Some(part)) = (whole, part.and_then(|part| part["S"].as_str())) else { return false };
    match (whole["S"].as_str(), whole["SS"].as_array()) {
        (Some(text), _) => text.contains(part),
        (_, Some(set)) => set.iter().any(|member| member == part),
        _ => false,
    }
}

/// What is absent, or of another type, compares with nothing; it only differs.
fn compares(left: Option<&Value>, operator: &str, right: Option<&Value>) -> bool {
    let order = match (left, right) {
        (Some(left), Some(right)) => match (left["S"].as_str(), right["S"].as_str(), number(left), number(right)) {
            (Some(left), Some(right), ..) => Some(left.cmp(right)),
            (_, _, Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => None,
        },
        _ => None,
    };
    match operator {
        "=" => order.is_some_and(std::cmp::Ordering::is_eq),
        "<>" => order.is_none_or(std::cmp::Ordering::is_ne),
        "<" => order.is_some_and(std::cmp::Ordering::is_lt),
        "<=" => order.is_some_and(std::cmp::Ordering::is_le),
        ">" => order.is_some_and(std::cmp::Ordering::is_gt),
        ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
        other => panic!("no such operator: {other}"),
    }
}

fn number(value: &Value) -> Option<i64> {
    value["N"].as_str().map(|n| n.parse().unwrap())
}
