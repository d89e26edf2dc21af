"""Pipelines and stages of the demo company that stand for requests, approvals and documents."""

MAPPED = {"request_pipeline": 2, "approval_stages": ("C1:PREPARATION",), "document_stages": ("PREPAYMENT_INVOICE",)}
SERVICE = """[service]
request_pipeline = 2
approval_stages = ["C1:PREPARATION"]
document_stages = ["PREPAYMENT_INVOICE"]
"""
