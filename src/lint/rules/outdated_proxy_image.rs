//! `outdated-proxy-image`.

use super::declare_rule;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::{Diagnostic, Diagnostics, Labels, Location};
use crate::lint::Context;
use crate::lint::selection::Selectors;
use crate::resource::Object;
use crate::resource::istio::ProxyConfigResource as ProxyConfig;
use crate::resource::kubernetes::{Pod, PodStatus};

declare_rule! {
    /// ## What it does
    /// Reports namespaces with Pods whose proxy has another image than the injector of their revision
    /// would give them.
    /// ## Why is this bad
    /// They were made before the control plane was upgraded, and run the old proxy until they are
    /// restarted.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio-sidecar-injector, namespace: istio-system}
    /// data: {values: '{"global": {"hub": "example.com", "tag": "1.2.3", "proxy": {"image": "proxyv2"}}}'}
    /// ---
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop}
    /// spec: {containers: [{name: istio-proxy, image: "example.com/proxyv2:1.2.2"}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: istio-sidecar-injector, namespace: istio-system}
    /// data: {values: '{"global": {"hub": "example.com", "tag": "1.2.3", "proxy": {"image": "proxyv2"}}}'}
    /// ---
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop, labels: {istio-injection: enabled}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, namespace: shop}
    /// spec: {containers: [{name: istio-proxy, image: "example.com/proxyv2:1.2.3"}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0158/>
    pub(super) RULE = { name: "outdated-proxy-image", codes: ["IST0158"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let images: BTreeMap<&str, String> = context
        .resources
        .config_maps
        .iter()
        .filter(|map| map.name().starts_with("istio-sidecar-injector"))
        .filter_map(|map| Some((map.name(), image(map.spec.data.get("values")?)?)))
        .collect();
    let mut pods: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for pod in context.resources.pods.iter().filter(|_| !images.is_empty()) {
        pods.entry(pod.namespace()).or_default().push(pod);
    }
    let written = written(context);
    let variants = Variants::new(&context.mesh.config.root_namespace, &written);
    for namespace in &context.resources.namespaces {
        let labels = &namespace.meta.labels;
        let revision = match labels.get("istio.io/rev") {
            Some(revision) => revision,
            None if labels.get("istio-injection") == Some("enabled") => "default",
            None => continue,
        };
        let injector = match revision {
            "" | "default" => "istio-sidecar-injector".to_owned(),
            _ => format!("istio-sidecar-injector-{revision}"),
        };
        let Some(expected) = images.get(injector.as_str()) else { continue };
        let pods = pods.get(namespace.name()).into_iter().flatten();
        let old: Vec<_> = pods
            .filter(|pod| outdated(context, &variants, pod, expected))
            .map(|pod| format!("`{}`", pod.name()))
            .collect();
        if !old.is_empty() {
            let place = Location::Value(namespace.origin().key("metadata").key("name"));
            let message = format!("pods run another proxy than the injector's `{expected}`: {}", old.join(", "));
            found.push(Diagnostic::new(RULE.severity, RULE.name, place, message).help("restart what made them"));
        }
    }
}

/// The variants of the image that ProxyConfigs ask for, each with the place of its ProxyConfig in Istio's order.
struct Variants<'a> {
    root: &'a str,
    /// The first for all of a namespace.
    whole: BTreeMap<&'a str, (usize, &'a str)>,
    selecting: Selectors<'a, (usize, &'a str)>,
}

/// The variant that a ProxyConfig asks for, in the order of all.
type Variant<'a> = (&'a Object<ProxyConfig>, (usize, &'a str));

/// The ProxyConfigs that say a variant.
fn written<'a>(context: &Context<'a>) -> Vec<Variant<'a>> {
    let configs = context.resources.proxy_configs.iter().enumerate();
    configs.filter_map(|(at, it)| Some((it, (at, it.spec.image.as_ref()?.image_type.as_str())))).collect()
}

impl<'a> Variants<'a> {
    fn new(root: &'a str, written: &'a [Variant<'a>]) -> Self {
        let selecting = written.iter().filter_map(|(it, variant)| Some((it.namespace(), selector(it)?, variant)));
        let mut variants = Self { root, whole: BTreeMap::new(), selecting: Selectors::new(selecting) };
        for (config, variant) in written.iter().filter(|(it, _)| selector(it).is_none()) {
            variants.whole.entry(config.namespace()).or_insert(*variant);
        }
        variants
    }

    /// What the first ProxyConfig that takes a Pod says.
    fn of(&self, pod: &Object<Pod, PodStatus>) -> Option<&'a str> {
        let namespaces = [pod.namespace(), self.root];
        let whole = namespaces.iter().filter_map(|it| self.whole.get(it).copied());
        let selecting = namespaces.iter().flat_map(|it| self.selecting.taking(it, &pod.meta.labels)).copied();
        whole.chain(selecting).min().map(|(_, variant)| variant)
    }
}

fn selector(config: &Object<ProxyConfig>) -> Option<&Labels> {
    config.spec.selector.as_ref().map(|it| &it.match_labels).filter(|it| !it.is_empty())
}

/// Whether a Pod's proxy is neither the injector's image nor the variant of it that the Pod asks for.
fn outdated(context: &Context<'_>, variants: &Variants<'_>, pod: &Object<Pod, PodStatus>, expected: &str) -> bool {
    if pod.meta.annotations.get("sidecar.istio.io/proxyImage").is_some_and(|image| !image.is_empty()) {
        return false;
    }
    let default =
        || context.mesh.config.default_config.image.as_ref().map(|image| image.image_type.clone()).unwrap_or_default();
    let written = pod.meta.annotations.get("proxy.istio.io/config").and_then(variant);
    let proxies = pod.spec.containers.iter().chain(&pod.spec.init_containers).filter(|it| it.name == "istio-proxy");
    let mut others = proxies.filter(|it| it.image != expected).peekable();
    if others.peek().is_none() {
        return false;
    }
    let variant = variants.of(pod).map(str::to_owned).or(written).unwrap_or_else(default);
    others.any(|it| it.image != format!("{expected}-{variant}"))
}

/// The variant of the image in a Pod's own settings of its proxy.
fn variant(config: &str) -> Option<String> {
    let line = config.lines().find_map(|line| line.trim().strip_prefix("imageType:"))?;
    Some(line.trim().trim_matches(['"', '\'']).to_owned())
}

/// The image that an injector's values say.
fn image(values: &str) -> Option<String> {
    let values: Value = serde_json::from_str(values).ok()?;
    let text = |path: &str| values.pointer(path).and_then(Value::as_str);
    let image = text("/global/proxy/image")?;
    if image.contains('/') {
        return Some(image.to_owned());
    }
    Some(format!("{}/{image}:{}", text("/global/hub")?, text("/global/tag")?))
}
