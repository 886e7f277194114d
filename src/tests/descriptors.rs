//! `src/envoy/descriptors.bin`: how it is made, and that it fits the envoy-types in Cargo.lock.
//!
//! Make it anew after an update of envoy-types:
//! `cargo test --test descriptors -- --ignored regenerate`.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "descriptors/istio.rs"]
mod istio;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use prost::Message;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// Packages whose messages may stand in an `Any` of a configuration.
const ROOTS: [&str; 7] =
    ["envoy.config", "envoy.extensions", "envoy.type", "xds.core", "xds.type", "google.protobuf", "udpa.type"];

const LIMIT: usize = 500 * 1024;

#[test]
fn the_file_fits_the_locked_envoy_types() {
    let stored = std::fs::read(path()).expect("descriptors.bin is readable");
    assert!(
        stored == generated(),
        "descriptors.bin is out of date: cargo test --test descriptors -- --ignored regenerate"
    );
    assert!(stored.len() < LIMIT, "{} bytes: leave more out", stored.len());
}

#[test]
#[ignore = "writes src/envoy/descriptors.bin"]
fn regenerate() {
    let bytes = generated();
    std::fs::write(path(), &bytes).expect("descriptors.bin is writable");
    eprintln!("{} bytes", bytes.len());
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/envoy/descriptors.bin")
}

/// The files of envoy-types that the roots need and Istio's own, in order of their names, without
/// comments, options and services.
fn generated() -> Vec<u8> {
    let bytes = std::fs::read(envoy_types().join("src/generated/types.bin")).expect("envoy-types ships types.bin");
    let mut set = FileDescriptorSet::decode(bytes.as_slice()).expect("types.bin is a FileDescriptorSet");
    set.file.extend(istio::files());
    set.file.iter_mut().for_each(strip);

    let mut files: BTreeMap<String, FileDescriptorProto> = BTreeMap::new();
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for file in set.file {
        for message in &file.message_type {
            declared(&format!(".{}", file.package()), message, &mut |name| {
                homes.insert(name, file.name().to_owned());
            });
        }
        for declared in &file.enum_type {
            homes.insert(format!(".{}.{}", file.package(), declared.name()), file.name().to_owned());
        }
        files.insert(file.name().to_owned(), file);
    }

    let mut open: Vec<String> =
        files.values().filter(|file| is_root(file)).map(|file| file.name().to_owned()).collect();
    let mut kept = BTreeMap::new();
    while let Some(name) = open.pop() {
        let Some(mut file) = files.remove(&name) else { continue };
        let mut imports = BTreeSet::new();
        for message in &file.message_type {
            referenced(message, &mut |type_name| {
                imports.insert(homes.get(type_name).unwrap_or_else(|| panic!("{name} needs {type_name}")).clone());
            });
        }
        imports.remove(&name);
        file.dependency = imports.iter().cloned().collect();
        open.extend(imports);
        kept.insert(name, file);
    }
    FileDescriptorSet { file: kept.into_values().collect() }.encode_to_vec()
}

fn is_root(file: &FileDescriptorProto) -> bool {
    let package = file.package();
    let inside = |root: &str| package.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let istio = istio::PACKAGES.contains(&package);
    let descriptor = file.name() == "google/protobuf/descriptor.proto";
    istio || !descriptor && ROOTS.into_iter().any(inside)
}

fn strip(file: &mut FileDescriptorProto) {
    file.source_code_info = None;
    file.options = None;
    file.service.clear();
    file.extension.clear();
    file.public_dependency.clear();
    file.weak_dependency.clear();
    file.message_type.iter_mut().for_each(strip_message);
    file.enum_type.iter_mut().for_each(strip_enum);
}

fn strip_message(message: &mut DescriptorProto) {
    let map_entry = message.options.as_ref().is_some_and(|options| options.map_entry());
    message.options = map_entry.then(|| prost_types::MessageOptions { map_entry: Some(true), ..Default::default() });
    message.reserved_name.clear();
    message.reserved_range.clear();
    message.extension.clear();
    message.oneof_decl.iter_mut().for_each(|oneof| oneof.options = None);
    message.field.iter_mut().for_each(strip_field);
    message.nested_type.iter_mut().for_each(strip_message);
    message.enum_type.iter_mut().for_each(strip_enum);
}

fn strip_field(field: &mut FieldDescriptorProto) {
    field.options = None;
    field.json_name = None;
}

fn strip_enum(declared: &mut EnumDescriptorProto) {
    let allow_alias = declared.options.as_ref().and_then(|options| options.allow_alias);
    declared.options =
        allow_alias.map(|alias| prost_types::EnumOptions { allow_alias: Some(alias), ..Default::default() });
    declared.reserved_name.clear();
    declared.reserved_range.clear();
    declared.value.iter_mut().for_each(|value| value.options = None);
}

fn declared(scope: &str, message: &DescriptorProto, see: &mut impl FnMut(String)) {
    let name = format!("{scope}.{}", message.name());
    message.enum_type.iter().for_each(|declared| see(format!("{name}.{}", declared.name())));
    for nested in &message.nested_type {
        declared(&name, nested, see);
    }
    see(name);
}

fn referenced(message: &DescriptorProto, see: &mut impl FnMut(&str)) {
    message.field.iter().filter(|field| field.type_name.is_some()).for_each(|field| see(field.type_name()));
    for nested in &message.nested_type {
        referenced(nested, see);
    }
}

/// The directory of the envoy-types in Cargo.lock, where cargo unpacks what it downloads.
fn envoy_types() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = std::fs::read_to_string(manifest.join("Cargo.lock")).expect("Cargo.lock is readable");
    let (_, entry) = lock.split_once("name = \"envoy-types\"\nversion = \"").expect("envoy-types is locked");
    let (version, _) = entry.split_once('"').expect("a version");
    let home = std::env::var_os("CARGO_HOME")
        .map_or_else(|| std::env::home_dir().expect("a home directory").join(".cargo"), PathBuf::from);
    let sources = home.join("registry/src");
    let registries = std::fs::read_dir(&sources).expect("cargo keeps sources").flatten();
    let mut found = registries.map(|registry| registry.path().join(format!("envoy-types-{version}")));
    found.find(|path| path.is_dir()).unwrap_or_else(|| panic!("no envoy-types {version} in {}", sources.display()))
}
