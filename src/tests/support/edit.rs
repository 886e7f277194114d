//! Random edits of a configuration, as people make them.

use serde_json::{Value, json};

use super::random::Random;

/// Makes one to three edits, also of Services where that is asked, and says which.
pub(crate) fn edit(random: &mut Random, objects: &mut Vec<Value>, of_services: bool) -> Vec<String> {
    let wanted = 1 + random.below(3);
    let mut made = Vec::new();
    // Not every edit finds something to change.
    for _ in 0..60 {
        if made.len() == wanted {
            break;
        }
        let of_service = of_services && random.chance(25);
        made.extend(match of_service {
            true => service(random, objects),
            false if random.chance(15) => endpoints(random, objects),
            false => one(random, objects),
        });
    }
    made
}

/// The places of objects of a kind.
fn places(objects: &[Value], kind: &str) -> Vec<usize> {
    objects.iter().enumerate().filter(|(_, object)| object["kind"] == kind).map(|(at, _)| at).collect()
}

fn one(random: &mut Random, objects: &mut Vec<Value>) -> Option<String> {
    let kind =
        random.pick(&["VirtualService"; 8].iter().chain(&["Gateway", "DestinationRule"]).copied().collect::<Vec<_>>());
    let at = random.pick(&Some(places(objects, kind)).filter(|places| !places.is_empty())?);
    let name = format!("{kind} {}", objects[at]["metadata"]["name"].as_str().unwrap_or_default());
    let done = match kind {
        "Gateway" => gateway(random, &mut objects[at])?,
        "DestinationRule" => subset(random, &mut objects[at])?,
        _ if random.chance(8) => {
            objects.remove(at);
            "removed".to_owned()
        }
        _ => virtual_service(random, &mut objects[at])?,
    };
    Some(format!("{name}: {done}"))
}

fn service(random: &mut Random, objects: &mut [Value]) -> Option<String> {
    let at = random.pick(&places(objects, "Service"));
    let name = format!("Service {}", objects[at]["metadata"]["name"].as_str().unwrap_or_default());
    let ports = objects[at]["spec"]["ports"].as_array_mut()?;
    let port = random.below(ports.len());
    let port = ports.get_mut(port)?;
    let done = match random.below(3) {
        0 => {
            port["name"] = format!("tcp-{}", port["port"]).into();
            "a port is TCP"
        }
        1 => {
            port["targetPort"] = (port["targetPort"].as_u64()? + 1).into();
            "another target port"
        }
        _ => {
            port["port"] = (port["port"].as_u64()? + 7).into();
            "another port"
        }
    };
    Some(format!("{name}: {done}"))
}

/// Changes which endpoints a service or its subsets have.
fn endpoints(random: &mut Random, objects: &mut [Value]) -> Option<String> {
    let kind = random.pick(&["Pod", "EndpointSlice", "ServiceEntry"]);
    let at = random.pick(&places(objects, kind));
    let object = objects.get_mut(at)?;
    let name = format!("{kind} {}", object["metadata"]["name"].as_str().unwrap_or_default());
    let version = random.pick(&["v1", "v2", "v3"]);
    let done = match kind {
        "Pod" => {
            let label = object["metadata"]["labels"].as_object_mut()?.get_mut("version")?;
            if *label == version {
                return None;
            }
            *label = version.into();
            format!("version {version}")
        }
        "EndpointSlice" => {
            let endpoints = object["endpoints"].as_array_mut().filter(|endpoints| endpoints.len() > 1)?;
            endpoints.remove(random.below(endpoints.len()));
            "an endpoint removed".to_owned()
        }
        _ => {
            let endpoints = object["spec"].as_object_mut()?.get_mut("endpoints")?.as_array_mut()?;
            endpoints.push(json!({"address": "10.9.0.3", "labels": {"version": version}}));
            format!("one more endpoint of version {version}")
        }
    };
    Some(format!("{name}: {done}"))
}

fn gateway(random: &mut Random, object: &mut Value) -> Option<String> {
    let servers = object["spec"]["servers"].as_array_mut()?;
    let at = random.below(servers.len());
    match random.below(3) {
        0 if servers.len() > 1 => {
            servers.remove(at);
            Some(format!("server {at} removed"))
        }
        1 => {
            servers.get_mut(at)?["hosts"] = json!(["shop.example.com"]);
            Some(format!("server {at} has one host"))
        }
        _ => {
            servers.get_mut(at)?["hosts"].as_array_mut()?.push("edited.example.com".into());
            Some(format!("server {at} has one host more"))
        }
    }
}

fn subset(random: &mut Random, object: &mut Value) -> Option<String> {
    let subsets = object["spec"]["subsets"].as_array_mut().filter(|subsets| !subsets.is_empty())?;
    let at = random.below(subsets.len());
    let gone = subsets.remove(at);
    Some(format!("without the subset {}", gone["name"]))
}

fn virtual_service(random: &mut Random, object: &mut Value) -> Option<String> {
    if random.chance(10) {
        let hosts = object["spec"]["hosts"].as_array_mut()?;
        hosts.push("edited.example.com".into());
        return Some("one host more".to_owned());
    }
    let routes = object["spec"]["http"].as_array_mut()?;
    let (at, other) = (random.below(routes.len()), random.below(routes.len()));
    match random.below(5) {
        0 if routes.len() > 1 => {
            routes.remove(at);
            Some(format!("route {at} removed"))
        }
        1 if at != other => {
            let moved = routes.remove(at);
            routes.insert(other, moved);
            Some(format!("route {at} moved to {other}"))
        }
        2 => {
            let mut new = json!({"match": [{"uri": {"prefix": random.pick(&["/api", "/edited", "/shop"])}}]});
            let target = routes.iter().find_map(|route| route.get("route")).cloned();
            match target.filter(|_| random.chance(60)) {
                Some(target) => new["route"] = target,
                None => new["directResponse"] = json!({"status": 418}),
            }
            routes.insert(at, new);
            Some(format!("a new route at {at}"))
        }
        _ => field(random, routes.get_mut(at)?).map(|done| format!("route {at}: {done}")),
    }
}

/// Changes one thing about a route.
fn field(random: &mut Random, route: &mut Value) -> Option<String> {
    let forwards = route.get("route").is_some();
    let done = match random.below(10) {
        0 if forwards => {
            route["timeout"] = random.pick(&["3s", "7s", "0s"]).into();
            "timeout"
        }
        1 if forwards => {
            route["retries"] = json!({"attempts": 1 + random.below(4), "retryOn": "5xx"});
            "retries"
        }
        2 if forwards => {
            route.as_object_mut()?.remove("rewrite");
            route["rewrite"] = json!({"uri": random.pick(&["/edited", "/"])});
            "rewrite"
        }
        3 => {
            let verb = random.pick(&["set", "add"]);
            let side = random.pick(&["request", "response"]);
            route["headers"][side][verb] = json!({"x-edited": random.pick(&["1", "2"])});
            "headers"
        }
        4 => {
            route["fault"] = json!({"abort": {"httpStatus": 555, "percentage": {"value": 100}}});
            "fault"
        }
        5 => {
            let uri = route["match"].get_mut(0)?.get_mut("uri")?.as_object_mut()?;
            let text = uri.values_mut().next()?;
            *text = format!("{}x", text.as_str()?).into();
            "path"
        }
        6 => {
            route["match"].get_mut(0)?["headers"] = json!({"x-edited": {"exact": "yes"}});
            "one more header"
        }
        7 if forwards => {
            let shares = route["route"].as_array_mut()?;
            if shares.len() == 1 {
                return None;
            }
            shares.truncate(1);
            shares.get_mut(0)?.as_object_mut()?.remove("weight");
            "one destination"
        }
        8 => {
            route["fault"] = json!({"delay": {"fixedDelay": "0.4s", "percentage": {"value": 100}}});
            "a delay"
        }
        9 if forwards => {
            let copy = route["route"].get(0)?["destination"].clone();
            route["mirrors"] = json!([{"destination": copy}]);
            "a mirror"
        }
        _ => return None,
    };
    Some(done.to_owned())
}
