"""Calls Ameide services, or any Connect or gRPC service, as its .proto declares."""
