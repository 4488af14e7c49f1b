module github.com/kubectl-edge/kubectl-edge/hack/terraform-stackit

go 1.26.6

require github.com/stackitcloud/terraform-provider-stackit v0.93.0

require (
	github.com/fatih/color v1.19.0 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-hclog v1.6.3 // indirect
	github.com/hashicorp/go-plugin v1.7.0 // indirect
	github.com/hashicorp/go-uuid v1.0.3 // indirect
	github.com/hashicorp/terraform-plugin-framework v1.19.0 // indirect
	github.com/hashicorp/terraform-plugin-framework-timeouts v0.7.0 // indirect
	github.com/hashicorp/terraform-plugin-framework-validators v0.19.0 // indirect
	github.com/hashicorp/terraform-plugin-go v0.31.0 // indirect
	github.com/hashicorp/terraform-plugin-log v0.10.0 // indirect
	github.com/hashicorp/terraform-registry-address v0.4.0 // indirect
	github.com/hashicorp/terraform-svchost v0.1.1 // indirect
	github.com/hashicorp/yamux v0.1.2 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/mitchellh/go-testing-interface v1.14.1 // indirect
	github.com/oklog/run v1.2.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/core v0.26.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/alb v0.14.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/authorization v0.15.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/cdn v1.14.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/certificates v1.6.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/dns v0.20.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/edge v0.9.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/git v0.12.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/iaas v1.10.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/kms v1.7.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/loadbalancer v1.12.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/logme v0.28.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/logs v0.8.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/mariadb v0.28.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/modelserving v0.9.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/mongodbflex v1.8.2 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/objectstorage v1.8.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/observability v0.21.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/opensearch v0.27.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/postgresflex v1.7.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/rabbitmq v0.29.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/redis v0.28.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/resourcemanager v0.22.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/scf v0.7.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/secretsmanager v0.18.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/serverbackup v1.6.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/serverupdate v1.5.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/serviceaccount v0.18.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/serviceenablement v1.5.1 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/sfs v0.7.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/ske v1.12.0 // indirect
	github.com/stackitcloud/stackit-sdk-go/services/sqlserverflex v1.9.0 // indirect
	github.com/teambition/rrule-go v1.8.2 // indirect
	github.com/vmihailenco/msgpack/v5 v5.4.1 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	golang.org/x/mod v0.35.0 // indirect
	golang.org/x/net v0.52.0 // indirect
	golang.org/x/sys v0.42.0 // indirect
	golang.org/x/text v0.35.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
	google.golang.org/grpc v1.79.3 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
