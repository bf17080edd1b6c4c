"""What AWS answers where the emulator answers something near it: refusals, error texts, members that are always there.

Plain functions over requests and answers, each by what LocalStack's tests recorded from AWS
(`tests/embedded_aws/expectations/`). No emulator import.
"""
