"""The Open Inference Protocol over gRPC. Imported only where GRPC_PORT is set."""
