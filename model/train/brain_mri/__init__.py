"""Training the model of brain MRI scans."""
