//! What is found while text is read, and objects are told apart.

super::declare_faults! {
    "alias-limit"
        what "A document has more aliases (`*name`) than the reader follows."
        why "A few aliases of aliases can stand for gigabytes; Kubernetes refuses such documents as well."
        help "Write the values out.";
    "annotation-not-allowed"
        what "An annotation is on an object that it is not for, as a dry run on a policy that has none, or is one that only istiod sets."
        why "Istio's webhook refuses the object or the annotation has no effect."
        help "Remove the annotation.";
    "bad-key"
        what "A key of a mapping is not text: a list, a mapping or nothing."
        why "Objects of Kubernetes are JSON, where keys are text."
        help "Put the key in quotes if it is meant as text.";
    "bad-merge"
        what "`<<` has a value that is no mapping and no list of mappings."
        why "Only mappings can be merged into a mapping; Kubernetes refuses the document."
        help "Name a mapping, or put `<<` in quotes if it is meant as a key.";
    "bad-number"
        what "A number is not finite (`.inf`, `.nan`) or too large."
        why "JSON has no such numbers, so Kubernetes refuses the document."
        help "Put it in quotes if it is meant as text.";
    "bad-tag"
        what "A tag (`!name`, `!!type`) that YAML for Kubernetes does not have, or that does not fit its value."
        why "Kubernetes' reader refuses it or reads another value than is meant."
        help "Remove the tag.";
    "bad-value"
        what "A value has the right type and cannot be what the field holds: a duration, a number in its range, an address."
        why "The API server or istiod refuses the object, so all of it has no effect."
        help "Write it in the form that the message names.";
    "document-separator"
        what "Text follows the separator `---` on its line."
        why "Kubernetes' splitter of documents and YAML disagree on what that is; it is refused."
        help "Move the text to the next line.";
    "duplicate-key"
        what "A mapping has a key twice."
        why "Strict readers refuse it, others take the last value without a word."
        help "Keep one of them.";
    "duplicate-object"
        what "An object of one kind, namespace and name is in the input twice."
        why "A cluster holds one of them: which one depends on the order in which they are applied."
        help "Remove one, or name them apart.";
    "ignored-document"
        what "A document is after `...` without `---` before it."
        why "Kubernetes' splitter of documents knows only `---`, so it does not see this one."
        help "Put a line `---` before it.";
    "large-document"
        what "A document is larger than what Kubernetes stores."
        why "The API server refuses requests above its limit, and etcd values above about 1.5 MiB."
        help "Split the object.";
    "malformed-label"
        what "A label's name or value is not in Kubernetes' syntax."
        why "The API server refuses the object."
        help "Use up to 63 letters, digits, `-`, `_` and `.`, with letters or digits at both ends.";
    "malformed-suppression"
        what "A comment `# meshc: ignore[…]` or an annotation that suppresses findings cannot be read."
        why "It suppresses nothing."
        help "Write `# meshc: ignore[rule] reason`.";
    "merge-overrides-key"
        what "A key that is written out is replaced by one of a merge (`<<`) that stands below it."
        why "YAML lets the written key win, Kubernetes' reader the later one."
        help "Move `<<` to the top of the mapping.";
    "missing-kind"
        what "An object without `apiVersion` or `kind`."
        why "Nobody can tell what it is; the API server refuses it."
        help "Add both.";
    "missing-name"
        what "An object, or a part that is referred to by name, has no `name`."
        why "The API server or istiod refuses it, and nothing can refer to it."
        help "Name it.";
    "no-object"
        what "A document is a list, a text or a number, no object."
        why "Kubernetes applies objects with `apiVersion` and `kind` only."
        help "Remove the document, or take the file out of the input.";
    "null-element"
        what "An element of a list that has no value: a `-` with nothing behind it."
        why "The API server refuses the object."
        help "Write a value, `{}` for one without fields, or remove the element.";
    "null-entry"
        what "An entry of a mapping with names of your own (labels, headers, ports) that has no value."
        why "The API server drops it: a selector selects more, a match takes more than it says."
        help "Write a value, `{}` for one without fields, or remove the entry.";
    "oneof-conflict"
        what "Two fields are set of which an object may have one."
        why "The API server or istiod refuses the object."
        help "Keep one of them.";
    "recursive-alias"
        what "An alias (`*name`) is inside of the value that it stands for."
        why "The value would hold itself without end."
        help "Write the value out.";
    "syntax"
        what "The text is not YAML."
        why "Nothing of the document can be read."
        help "Correct the place that is shown; what is wrong may begin a line earlier, as with a missing quote or indentation.";
    "too-deep"
        what "Values are nested deeper than the reader follows."
        why "No object of Istio or Kubernetes is that deep; Kubernetes refuses such documents as well."
        help "Look for a wrong indentation or a generator that nests.";
    "too-many-findings"
        what "A document has so many faults that the rest is not shown."
        why "The first ones are often the cause of the others."
        help "Correct those that are shown and run it again.";
    "unknown-anchor"
        what "An alias (`*name`) without an anchor (`&name`) before it in the document."
        why "It stands for nothing; Kubernetes refuses the document."
        help "Put text that begins with `*` in quotes: a host such as `*.example.com`.";
    "unknown-field"
        what "A field that the kind does not have, often a misspelt one."
        why "The API server drops it or refuses the object: what it should do does not happen."
        help "Correct the name, or remove the field; `--fix` does where the right name is certain.";
    "unknown-kind"
        what "An object of an API group of Istio, with a kind that the group does not have."
        why "The API server refuses it."
        help "Correct the kind or the `apiVersion`.";
    "unknown-value"
        what "A value that an enumeration does not have."
        why "The API server or istiod refuses the object."
        help "Choose one of the values that the message names; `--fix` does where one is certain.";
    "unknown-version"
        what "A kind with a version of its API that it never had."
        why "The API server refuses it."
        help "Use a version that the message names.";
    "unread-kind"
        what "An object of a kind that says nothing of the mesh's traffic."
        why "It is worth knowing only where the kind is misspelt."
        help "Nothing needs to be done.";
    "unsupported-kind"
        what "An object of a kind that Istio reads and meshc does not translate yet."
        why "What it does is not in the configuration that meshc makes or judges."
        help "Bear it in mind where results of meshc and a cluster differ.";
    "unused-suppression"
        what "A comment, annotation or argument that suppresses findings covers none."
        why "It hides nothing now and may hide something new later."
        help "Remove it.";
    "wrong-type"
        what "A value of another type than the field has: text for a number, one value for a list."
        why "The API server refuses the object."
        help "Write the type that the message names; mind what YAML reads as a number or a truth value without quotes.";
}
