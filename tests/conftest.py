"""What all tests share."""

pytest_plugins = ["faults_table"]
