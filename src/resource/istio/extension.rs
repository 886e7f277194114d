//! `extensions.istio.io/WasmPlugin` and `TrafficExtension`: code of the user in the proxy.

use serde::Deserialize;
use serde_json::Value;

use super::LabelSelector;
use super::policy::{TargetRef, attached};
use crate::base::Port;

/// A WebAssembly module.
/// <https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WasmPlugin {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub selector: Option<LabelSelector>,
    /// What it is attached to by name.
    pub target_ref: Option<TargetRef>,
    /// The same, several.
    pub target_refs: Vec<TargetRef>,
    /// Where the module is: `oci://`, `http(s)://`, `file://`; without a scheme an image.
    pub url: String,
    /// The SHA-256 of the module or image, in hexadecimal.
    pub sha256: String,
    /// When an image is fetched again.
    pub image_pull_policy: PullPolicy,
    /// The Secret with which an image is fetched.
    pub image_pull_secret: Option<String>,
    /// A key that the image is signed with.
    pub verification_key: String,
    /// What the plugin itself reads.
    pub plugin_config: Option<Value>,
    /// The name that the module knows itself by.
    pub plugin_name: Option<String>,
    /// Where it stands among the filters.
    pub phase: PluginPhase,
    /// The order within a phase: the highest first.
    pub priority: Option<i32>,
    /// What happens when it cannot be loaded.
    pub fail_strategy: FailStrategy,
    /// The machine it runs in.
    pub vm_config: Option<VmConfig>,
    /// The traffic it sees; none means all.
    #[serde(rename = "match")]
    pub matches: Vec<TrafficSelector>,
    /// The kind of filter it is.
    #[serde(rename = "type")]
    pub plugin_type: PluginType,
}

attached!(WasmPlugin, target_ref);

/// A WebAssembly module or a Lua program.
/// <https://istio.io/latest/docs/reference/config/proxy_extensions/>
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficExtension {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub selector: Option<LabelSelector>,
    /// What it is attached to by name.
    pub target_refs: Vec<TargetRef>,
    /// Where it stands among the filters.
    pub phase: ExtensionPhase,
    /// The order within a phase: the highest first.
    pub priority: Option<i32>,
    /// The traffic it sees; none means all.
    #[serde(rename = "match")]
    pub matches: Vec<TrafficSelector>,
    /// A WebAssembly module.
    pub wasm: Option<WasmConfig>,
    /// A Lua program.
    pub lua: Option<LuaConfig>,
}

attached!(TrafficExtension);

/// The module of a [`TrafficExtension`]; fields as of [`WasmPlugin`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WasmConfig {
    /// Where the module is.
    pub url: String,
    /// The SHA-256 of the module or image, in hexadecimal.
    pub sha256: String,
    /// When an image is fetched again.
    pub image_pull_policy: PullPolicy,
    /// The Secret with which an image is fetched.
    pub image_pull_secret: Option<String>,
    /// A key that the image is signed with.
    pub verification_key: String,
    /// What the plugin itself reads.
    pub plugin_config: Option<Value>,
    /// The name that the module knows itself by.
    pub plugin_name: Option<String>,
    /// What happens when it cannot be loaded.
    pub fail_strategy: FailStrategy,
    /// The machine it runs in.
    pub vm_config: Option<VmConfig>,
    /// The kind of filter it is.
    #[serde(rename = "type")]
    pub plugin_type: PluginType,
}

/// A Lua program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LuaConfig {
    /// Its text.
    pub inline_code: String,
}

/// Traffic that an extension sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrafficSelector {
    /// Whether it goes out or comes in.
    pub mode: WorkloadMode,
    /// The ports; none means all.
    pub ports: Vec<PortSelector>,
}

/// A port by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortSelector {
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub number: Option<Port>,
}

/// Whether traffic goes out or comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkloadMode {
    /// As [`WorkloadMode::ClientAndServer`].
    #[default]
    Undefined,
    /// What goes out, also of a gateway.
    Client,
    /// What comes in.
    Server,
    /// All of it.
    ClientAndServer,
}

/// When an image is fetched again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum PullPolicy {
    /// [`PullPolicy::Always`] for the tag `latest`, otherwise [`PullPolicy::IfNotPresent`].
    #[default]
    #[serde(rename = "UNSPECIFIED_POLICY")]
    Unspecified,
    /// Where there is none yet.
    IfNotPresent,
    /// Always.
    Always,
}

/// Where a [`WasmPlugin`] stands among the filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PluginPhase {
    /// At the end, before the router.
    #[default]
    UnspecifiedPhase,
    /// Before Istio's authentication.
    Authn,
    /// Before Istio's authorization.
    Authz,
    /// Before Istio's statistics.
    Stats,
}

/// Where a [`TrafficExtension`] stands among the filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExtensionPhase {
    /// At the end, before the router.
    #[default]
    Unspecified,
    /// Before Istio's authentication.
    Authn,
    /// Before Istio's authorization.
    Authz,
    /// Before Istio's statistics.
    Stats,
}

/// What happens to traffic when a module cannot be loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailStrategy {
    /// It is refused.
    #[default]
    FailClose,
    /// It passes.
    FailOpen,
    /// The module is loaded again, and traffic refused if it fails again.
    FailReload,
}

/// The kind of filter that a module is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PluginType {
    /// As [`PluginType::Http`].
    #[default]
    UnspecifiedPluginType,
    /// For requests.
    Http,
    /// For connections.
    Network,
}

/// The machine that a module runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VmConfig {
    /// Its environment.
    pub env: Vec<EnvVar>,
}

/// A variable of a module's environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Where its value is from.
    pub value_from: EnvValueSource,
    /// The value, for [`EnvValueSource::Inline`]; the CRD sees one that is empty.
    pub value: Option<String>,
}

/// Where the value of a variable is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EnvValueSource {
    /// It is written.
    #[default]
    Inline,
    /// The proxy's own environment.
    Host,
}
