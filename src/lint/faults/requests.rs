//! What is found in tests of `meshc test`.

super::declare_faults! {
    "bad-request"
        what "A request of a test cannot be made: its URL, a header or its connection is not in order."
        why "Nothing can be asked of the configuration, so the test fails."
        help "Write a URL with scheme and host, such as `http://shop.example.com/cart`.";
    "missing-field"
        what "A test lacks a part that it needs, or expects nothing."
        why "There is nothing to compare, so the test fails."
        help "Add the field that the message names.";
    "no-such-proxy"
        what "A test is about a proxy that the input does not have."
        why "There is no configuration to ask, so the test fails."
        help "Name a Gateway or a workload of the input.";
}
