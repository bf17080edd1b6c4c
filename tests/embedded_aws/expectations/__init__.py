"""Somebody else's expectations: what LocalStack's tests recorded from AWS, moto's tests state, and AWS's pages say.

Facts only, in our own form, in the YAML files here. A case is
`id`, `source` (`localstack: PATH::TEST` below tests/aws/services of localstack/localstack, `moto: PATH::TEST` below
tests of getmoto/moto, `docs: PAGE`), `setup` (calls), `call`, `with` (parameters) and `expect`:
`error`, `status`, `message` (whole) or `says` (a part), `answer` (JMESPath to value), `absent` (JMESPaths). A call in
`setup` may be kept `as` a name; `until` repeats a call until a path has a value. `<name>` is a fresh name, `<role>` a
role that may do everything, `<account>` and `<region>` are the account's, `<kept.Path>` is what a kept answer holds.
`differs` says why the engine does not do what AWS does; such a case must still differ.
"""
