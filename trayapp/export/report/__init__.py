"""The report: facts and findings, as a page, a PDF or JSON."""
