//! What istiod or the CRD refuses of a WasmPlugin or a TrafficExtension
//! (`pkg/config/validation: ValidateWasmPlugin, ValidateTrafficExtension`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::extension::{EnvValueSource, EnvVar, LuaConfig, TrafficSelector, VmConfig};
use super::policy_check::{check_choice, check_exclusive};
use super::{TrafficExtension, WasmPlugin, url};
use crate::base::{Diagnostics, Location, Origin};
use crate::resource::Object;
use crate::resource::check::{fault, port_written};

/// Checks a WasmPlugin by itself.
pub(in crate::resource) fn check_wasm_plugin(object: &Object<WasmPlugin>, out: &mut Diagnostics) {
    let (at, plugin) = (object.spec_origin(), &object.spec);
    check_choice(&at, plugin.selector.as_ref(), plugin.target_ref.as_ref(), &plugin.target_refs, out);
    let module = Module {
        url: &plugin.url,
        sha256: &plugin.sha256,
        image_pull_secret: plugin.image_pull_secret.as_deref(),
        plugin_name: plugin.plugin_name.as_deref(),
        plugin_config: plugin.plugin_config.as_ref(),
        vm_config: plugin.vm_config.as_ref(),
    };
    check_module(&at, &module, out);
    check_match(&at.key("match"), &plugin.matches, out);
}

/// Checks a TrafficExtension by itself.
pub(in crate::resource) fn check_traffic_extension(object: &Object<TrafficExtension>, out: &mut Diagnostics) {
    let (at, extension) = (object.spec_origin(), &object.spec);
    check_choice(&at, extension.selector.as_ref(), None, &extension.target_refs, out);
    check_exclusive(&at, &[(extension.wasm.is_some(), "wasm"), (extension.lua.is_some(), "lua")], out);
    if extension.wasm.is_none() && extension.lua.is_none() {
        out.push(fault("missing-code", &at, "a TrafficExtension needs `wasm` or `lua`"));
    }
    if let Some(wasm) = &extension.wasm {
        let module = Module {
            url: &wasm.url,
            sha256: &wasm.sha256,
            image_pull_secret: wasm.image_pull_secret.as_deref(),
            plugin_name: wasm.plugin_name.as_deref(),
            plugin_config: wasm.plugin_config.as_ref(),
            vm_config: wasm.vm_config.as_ref(),
        };
        check_module(&at.key("wasm"), &module, out);
    }
    if let Some(lua) = &extension.lua {
        check_lua(&at.key("lua"), lua, out);
    }
    check_match(&at.key("match"), &extension.matches, out);
}

/// What both kinds say of a module.
struct Module<'a> {
    url: &'a str,
    sha256: &'a str,
    image_pull_secret: Option<&'a str>,
    plugin_name: Option<&'a str>,
    plugin_config: Option<&'a Value>,
    vm_config: Option<&'a VmConfig>,
}

fn check_module(at: &Origin, module: &Module<'_>, out: &mut Diagnostics) {
    if module.plugin_config.is_some_and(|config| !config.is_object()) {
        out.push(fault("wrong-type", &at.key("pluginConfig"), "`pluginConfig` must be a mapping"));
    }
    if module.url.is_empty() {
        out.push(fault("missing-url", at, "`url` is missing: it says where the module is"));
    } else {
        check_url(&at.key("url"), module.url, out);
    }
    let sha256 = module.sha256;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if !(sha256.is_empty() || sha256.len() == 64 && sha256.bytes().all(is_digit)) {
        let message = format!("`{sha256}` is not a SHA-256");
        out.push(fault("malformed-sha256", &at.key("sha256"), message).help("64 hexadecimal digits in lower case"));
    }
    let texts = [("imagePullSecret", module.image_pull_secret, 253), ("pluginName", module.plugin_name, 256)];
    for (key, text, longest) in texts {
        match text.map(str::len) {
            Some(0) => out.push(fault("empty-value", &at.key(key), format!("`{key}` is empty")).help("remove it")),
            Some(length) if length > longest => {
                out.push(fault("too-long", &at.key(key), format!("`{key}` has at most {longest} characters")));
            }
            _ => {}
        }
    }
    if let Some(vm_config) = module.vm_config {
        check_env(&at.key("vmConfig").key("env"), &vm_config.env, out);
    }
}

fn check_url(at: &Origin, text: &str, out: &mut Diagnostics) {
    match url::parse_request(text) {
        Err(why) => out.push(fault("malformed-url", at, format!("`{text}` is not a URL: {why}"))),
        Ok(scheme) if matches!(scheme.as_str(), "" | "file" | "http" | "https" | "oci") => {}
        Ok(scheme) => {
            let message = format!("modules are not fetched by `{scheme}`");
            out.push(fault("unknown-scheme", at, message).help("`oci`, `http`, `https`, `file` or no scheme"));
        }
    }
}

fn check_env(at: &Origin, env: &[EnvVar], out: &mut Diagnostics) {
    const MOST: usize = 256;
    if env.len() > MOST {
        let message = format!("{} variables, and at most {MOST} are allowed", env.len());
        out.push(fault("too-many-entries", at, message));
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, EnvVar { name, value_from, value }) in env.iter().enumerate() {
        let at_variable = at.index(index);
        if name.is_empty() {
            out.push(fault("missing-variable-name", &at_variable, "a variable needs a `name`"));
        } else if let Some(first) = seen.insert(name, index) {
            let finding = fault("duplicate-variable", &at_variable.key("name"), format!("`{name}` is set twice"));
            out.push(finding.related(Location::Value(at.index(first).key("name")), "the first"));
        }
        for (key, text, longest) in
            [("name", name.as_str(), 256), ("value", value.as_deref().unwrap_or_default(), 2048)]
        {
            if text.len() > longest {
                let message = format!("`{key}` of a variable has at most {longest} characters");
                out.push(fault("too-long", &at_variable.key(key), message));
            }
        }
        if *value_from == EnvValueSource::Host && value.is_some() {
            let message = "the value is from the proxy's environment, not from `value`";
            out.push(fault("value-not-used", &at_variable.key("value"), message).help("remove one of them"));
        }
    }
}

fn check_lua(at: &Origin, LuaConfig { inline_code }: &LuaConfig, out: &mut Diagnostics) {
    const LONGEST: usize = 64 * 1024;
    if inline_code.is_empty() {
        out.push(fault("missing-code", at, "`inlineCode` is missing"));
    } else if inline_code.len() > LONGEST {
        out.push(fault("too-long", &at.key("inlineCode"), format!("a program has at most {LONGEST} bytes")));
    }
}

fn check_match(at: &Origin, selectors: &[TrafficSelector], out: &mut Diagnostics) {
    for (index, selector) in selectors.iter().enumerate() {
        let at = at.index(index).key("ports");
        let mut seen = BTreeSet::new();
        for (index, port) in selector.ports.iter().enumerate() {
            port_written(&at.index(index), port.number, out);
            if let Some(number) = port.number.filter(|number| !seen.insert(*number)) {
                let place = at.index(index).key("number");
                out.push(fault("duplicate-port", &place, format!("port {number} is listed twice")));
            }
        }
    }
}
