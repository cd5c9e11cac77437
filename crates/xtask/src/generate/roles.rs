//! The functions' roles: what each function calls, and nothing else.

use severance_catalogue::function::{COPIES_SEARCH, FUNCTIONS, Function};
use severance_domain::countermeasure::Kind;
use severance_domain::right::secretsmanager;

use super::named::{named, resource};
use super::rights::{self, Place, statement};
use super::yaml::Yaml;

/// The functions' roles.
pub(super) fn roles() -> Yaml {
    Yaml::resources(FUNCTIONS.iter().map(|function| (String::new(), format!("{}Role", function.id()), role(function))))
}

fn role(function: &Function) -> Yaml {
    let trust = Yaml::map([
        ("Effect", Yaml::text("Allow")),
        ("Principal", Yaml::map([("Service", Yaml::text("lambda.amazonaws.com"))])),
        ("Action", Yaml::text("sts:AssumeRole")),
    ]);
    let held = match (function.keeps_cases, rights::contains(function)) {
        (true, true) => Some(vec!["RecordPolicy", "ContainPolicy"]),
        (true, false) => Some(vec!["RecordPolicy"]),
        (false, _) => None,
    };
    let own =
        Yaml::map([("PolicyName", Yaml::text(function.name)), ("PolicyDocument", document(statements(function)))]);
    let properties =
        Yaml::map([("RoleName", named(function.name)), ("AssumeRolePolicyDocument", document(vec![trust]))])
            .with("ManagedPolicyArns", held.map(|held| Yaml::list(held.into_iter().map(Yaml::r#ref))))
            .with("Policies", Some(Yaml::list([own])));
    resource(function, "AWS::IAM::Role", properties)
}

fn document(statements: Vec<Yaml>) -> Yaml {
    Yaml::map([("Version", Yaml::text("2012-10-17")), ("Statement", Yaml::list(statements))])
}

fn statements(function: &Function) -> Vec<Yaml> {
    let mut own = function.rights();
    if rights::contains(function) {
        own = &own - &rights::shared();
    }
    let mut statements = match rights::statements(&own, Place::Hub) {
        Yaml::List(statements) => statements,
        other => vec![other],
    };
    if function.takes(Kind::RotateSecret) {
        statements.extend(never_another_rotation(function.takes(Kind::AdoptAccessKey)));
    }
    if function.takes(Kind::AdoptAccessKey) {
        let key = statement(
            "EncryptManagedSecret",
            "Allow",
            &DATA_KEY,
            Yaml::r#ref("SecretsKeyArn"),
            Some(via(&["secretsmanager"])),
        );
        statements.push(Yaml::only_if("HasSecretsKey", key));
    }
    if let Some(table) = function.table {
        let operator =
            if table.partitions.iter().any(|key| key.ends_with('*')) { "StringLike" } else { "StringEquals" };
        let keys = Yaml::map([("dynamodb:LeadingKeys", Yaml::texts(table.partitions.iter().copied()))]);
        let condition = Yaml::map([(format!("ForAllValues:{operator}"), keys)]);
        statements.push(statement(table.sid, "Allow", table.actions, Yaml::att("CaseTable.Arn"), Some(condition)));
    }
    if !function.decrypts.is_empty() {
        let any = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*";
        statements.push(statement(
            "UseKeysThroughServices",
            "Allow",
            &DATA_KEY,
            Yaml::sub(any),
            Some(via(function.decrypts)),
        ));
    }
    // RecordPolicy allows the others the same.
    if !function.keeps_cases {
        statements.push(statement(
            "UseDataKeyThroughServices",
            "Allow",
            &DATA_KEY,
            Yaml::att("DataKey.Arn"),
            Some(via(&["dynamodb"])),
        ));
        let trace = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
        statements.push(statement("Trace", "Allow", &trace, Yaml::text("*"), None));
    }
    if function.queue.is_some() {
        let queue = Yaml::att(format!("{}DeadLetters.Arn", function.id()));
        statements.push(statement("KeepUndeliverableEvents", "Allow", &["sqs:SendMessage"], queue, None));
    }
    let log = format!(
        "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/${{AWS::StackName}}-{}:*",
        function.name
    );
    statements.push(statement("Log", "Allow", &["logs:CreateLogStream", "logs:PutLogEvents"], Yaml::sub(log), None));
    statements
}

/// What is done with a KMS key that encrypts what is read and written.
pub(super) const DATA_KEY: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

fn via(services: &[&str]) -> Yaml {
    let service = |service: &&str| Yaml::sub(format!("{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"));
    let one_or_list = Yaml::one_or_list(services.iter().map(service).collect());
    Yaml::map([("StringEquals", Yaml::map([("kms:ViaService", one_or_list)]))])
}

/// A rotation is started as it is configured, never changed: no function of our choosing. Of the secrets that adoption makes, this
/// stack's own function and no other is made the rotation.
fn never_another_rotation(adopts: bool) -> Vec<Yaml> {
    let rotate = secretsmanager::ROTATE_SECRET.action;
    let own = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:severance/*";
    let names_one = || ("Null", Yaml::map([("secretsmanager:RotationLambdaARN", Yaml::text("false"))]));
    let modifies = ("Bool", Yaml::map([("secretsmanager:ModifyRotationRules", Yaml::text("true"))]));
    let deny = |sid: &str, resource: (&str, Yaml), condition: Vec<(&str, Yaml)>| {
        Yaml::map([
            ("Sid", Yaml::text(sid)),
            ("Effect", Yaml::text("Deny")),
            ("Action", Yaml::text(rotate)),
            resource,
            ("Condition", Yaml::map(condition)),
        ])
        .dense()
    };
    let all = || ("Resource", Yaml::text("*"));
    let beyond = || if adopts { ("NotResource", Yaml::sub(own)) } else { all() };
    let mut denies = vec![
        deny("NeverReconfigureRotation", beyond(), vec![modifies]),
        deny("NeverRedirectRotation", beyond(), vec![names_one()]),
    ];
    if adopts {
        // A request that names no function would hold ArnNotEquals as well, so that one is named is said beside it.
        let function =
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-secret-rotation";
        let other = ("ArnNotEquals", Yaml::map([("secretsmanager:RotationLambdaARN", Yaml::sub(function))]));
        denies.push(deny("OnlyOwnRotation", all(), vec![names_one(), other]));
    }
    denies
}

fn role_arns(account: &str, stack: &str, functions: impl Iterator<Item = &'static Function>) -> Vec<Yaml> {
    let arn = |function: &Function| {
        Yaml::sub(format!("arn:${{AWS::Partition}}:iam::{account}:role/{stack}-{}", function.name))
    };
    functions.map(arn).collect()
}

/// The roles of the functions that keep cases and publish evidence.
pub(super) fn keeping_cases(account: &str, stack: &str) -> Yaml {
    Yaml::list(role_arns(account, stack, FUNCTIONS.iter().filter(|function| function.keeps_cases)))
}

/// The stack's own roles and policies, those that are deployed, by their full names: a prefix would also shield whatever somebody
/// names like this stack, and so would the name of a role that is not there.
pub(super) fn own() -> Yaml {
    let named = |kind: &str, name: &str| {
        Yaml::sub(format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{kind}/${{AWS::StackName}}-{name}"))
    };
    let where_it_is = |condition: Option<&'static str>, arn: Yaml| match condition {
        Some(condition) => Yaml::only_if(condition, arn),
        None => arn,
    };
    let roles = FUNCTIONS.iter().map(|function| where_it_is(function.condition, named("role", function.name)));
    let policies =
        [(None, "record"), (None, "contain"), (None, "responder-invoke"), (COPIES_SEARCH.condition, "copies-invoke")];
    let policies = policies.into_iter().map(|(condition, name)| where_it_is(condition, named("policy", name)));
    let of_aws = ["aws-service-role", "aws-reserved"];
    let of_aws =
        of_aws.map(|path| Yaml::sub(format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{path}/*")));
    Yaml::list(roles.chain(policies).chain(of_aws).collect::<Vec<_>>())
}
