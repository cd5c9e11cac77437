//! Alarms, each of which goes off at the first loss and says what to do.

use severance_catalogue::function::{FUNCTIONS, Function};

use super::named::{named, resource};
use super::rules;
use super::yaml::Yaml;

/// CloudWatch's limit for an alarm that computes.
const METRICS: usize = 10;

/// The alarms of all functions.
pub(super) fn alarms() -> Yaml {
    Yaml::resources(FUNCTIONS.iter().flat_map(of))
}

fn of(function: &Function) -> Vec<(String, String, Yaml)> {
    let id = function.id();
    let mut alarms = Vec::new();
    let mut add = |name: &str, suffix: &str, words: &str, what: Vec<(&'static str, Yaml)>| {
        let words =
            [("AlarmName", named(&format!("{}-{suffix}", function.name))), ("AlarmDescription", Yaml::text(words))];
        let properties = Yaml::map(words.into_iter().chain(what).chain(at_the_first())).dense();
        let alarm = resource(function, "AWS::CloudWatch::Alarm", properties);
        alarms.push((String::new(), format!("{id}{name}Alarm"), alarm));
    };
    let of_queue = |metric, statistic, period| {
        let name = Yaml::att(format!("{id}DeadLetters.QueueName"));
        one("AWS/SQS", metric, vec![dimension("QueueName", name)], statistic, period)
    };
    let of_function = |metric| one("AWS/Lambda", metric, vec![by_name(&id)], "Sum", 60);
    if let Some(queue) = function.queue {
        let visible = of_queue("ApproximateNumberOfMessagesVisible", "Maximum", 60);
        add("DeadLetter", "dead-letters", queue.waiting, visible);
        add("NewDeadLetter", "new-dead-letters", queue.arrived, of_queue("NumberOfMessagesSent", "Sum", 300));
    }
    add("Error", "errors", function.errors, of_function("Errors"));
    add("Throttle", "throttles", function.throttles, of_function("Throttles"));
    let Some(queue) = function.queue else { return alarms };
    let rules = rules::watched(function);
    let always = |of: &[(Vec<Yaml>, Option<&str>)], metric: &str, letter: char| -> Vec<Yaml> {
        let there = of.iter().filter(|(_, condition)| condition.is_none());
        there.enumerate().map(|(n, (rule, _))| counted(&format!("{letter}{n}"), "AWS/Events", metric, rule)).collect()
    };
    let mut delivery = vec![counted("undelivered", "AWS/Lambda", "DestinationDeliveryFailures", &[by_name(&id)])];
    delivery.extend(always(&rules, "FailedInvocations", 'f'));
    let kept = always(&rules, "InvocationsFailedToBeSentToDlq", 'd');
    if rules.is_empty() {
        add("Delivery", "delivery", queue.delivery, of_function("DestinationDeliveryFailures"));
    } else if delivery.len() + kept.len() <= METRICS {
        delivery.extend(kept);
        add("Delivery", "delivery", queue.delivery, sum(delivery));
    } else {
        add("Delivery", "delivery", queue.delivery, sum(delivery));
        add("DeadLetterDelivery", "dead-letter-delivery", queue.lost, sum(kept));
    }
    for (rule, condition) in rules.iter().filter_map(|(rule, condition)| Some((rule, (*condition)?))) {
        let metrics = [('f', "FailedInvocations"), ('d', "InvocationsFailedToBeSentToDlq")];
        let metrics = metrics.map(|(letter, metric)| counted(&format!("{letter}0"), "AWS/Events", metric, rule)).into();
        let words = [
            ("AlarmName", named(&format!("{}-delivery", condition.trim_start_matches("Has").to_lowercase()))),
            ("AlarmDescription", Yaml::text(queue.delivery)),
        ];
        let properties = Yaml::map(words.into_iter().chain(sum(metrics)).chain(at_the_first())).dense();
        let alarm = Yaml::map([
            ("Type", Yaml::text("AWS::CloudWatch::Alarm")),
            ("Condition", Yaml::text(condition)),
            ("Properties", properties),
        ]);
        alarms.push((String::new(), format!("{}DeliveryAlarm", condition.trim_start_matches("Has")), alarm));
    }
    alarms
}

fn at_the_first() -> [(&'static str, Yaml); 5] {
    [
        ("EvaluationPeriods", Yaml::number(1_u32)),
        ("Threshold", Yaml::number(1_u32)),
        ("ComparisonOperator", Yaml::text("GreaterThanOrEqualToThreshold")),
        ("TreatMissingData", Yaml::text("notBreaching")),
        ("AlarmActions", Yaml::list([Yaml::r#ref("AlarmTopic")])),
    ]
}

fn dimension(name: &str, value: Yaml) -> Yaml {
    Yaml::map([("Name", Yaml::text(name)), ("Value", value)])
}

fn by_name(id: &str) -> Yaml {
    dimension("FunctionName", Yaml::r#ref(format!("{id}Function")))
}

fn one(
    namespace: &str,
    metric: &str,
    dimensions: Vec<Yaml>,
    statistic: &str,
    period: u32,
) -> Vec<(&'static str, Yaml)> {
    vec![
        ("Namespace", Yaml::text(namespace)),
        ("MetricName", Yaml::text(metric)),
        ("Dimensions", Yaml::list(dimensions)),
        ("Statistic", Yaml::text(statistic)),
        ("Period", Yaml::number(period)),
    ]
}

fn sum(metrics: Vec<Yaml>) -> Vec<(&'static str, Yaml)> {
    let lost = Yaml::map([("Id", Yaml::text("lost")), ("Expression", Yaml::text("SUM(METRICS())"))]);
    vec![("Metrics", Yaml::list([lost].into_iter().chain(metrics)))]
}

fn counted(id: &str, namespace: &str, metric: &str, dimensions: &[Yaml]) -> Yaml {
    let metric = Yaml::map([
        ("Namespace", Yaml::text(namespace)),
        ("MetricName", Yaml::text(metric)),
        ("Dimensions", Yaml::list(dimensions.iter().cloned())),
    ]);
    let stat = Yaml::map([("Stat", Yaml::text("Sum")), ("Period", Yaml::number(60_u32)), ("Metric", metric)]);
    Yaml::map([("Id", Yaml::text(id)), ("ReturnData", Yaml::Plain("false".to_owned())), ("MetricStat", stat)])
}
