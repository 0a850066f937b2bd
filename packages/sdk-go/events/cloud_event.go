package events

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventsv1 "github.com/ameideio/ameide-core-proto-go/ameide/events/v1"
)

// The version of the specification that events are made by.
const specVersion = "1.0"

// Attributes are those of an event that is made. White space around texts is cut off.
type Attributes struct {
	// Source is where it happened, a URI reference.
	Source string
	// Type is what happened: "pipeline.changes.activity.create".
	Type string
	// ID is unique with the source. Default: a new one.
	ID string
	// Subject is what it happened to, within the source.
	Subject string
	// Time is when it happened. Default: now.
	Time time.Time
	// DataContentType is the media type of the data where the event is sent as JSON or text. Default: empty, for protobuf.
	DataContentType string
	// TenantID is the tenant of the event. Default: the data's own tenant_id; without one it must be stated.
	TenantID string
	// Module is the Buf module of the data, for dataschema: "buf.build/acme/orders". Default: that of the Ameide APIs for
	// their messages.
	Module string
	// Extensions are attributes beyond the specification's. A dataschema here replaces the one that is made.
	Extensions map[string]string
}

// NewCloudEvent makes an event (CloudEvents 1.0) that carries a message. Its extension dataschema names the message and
// its module.
//
// It fails with Nil without data, Missing if id, source, type or tenant is empty, Mismatch if the data's tenant_id is
// another one, or Invalid.
func NewCloudEvent(data proto.Message, attributes Attributes, options ...MakeOption) (*eventsv1.CloudEvent, error) {
	if isNil(data) {
		return nil, newError(Nil, "data", "is not given", nil)
	}
	from := eventSourceOf(options)
	source, err := required("source", attributes.Source)
	if err != nil {
		return nil, err
	}
	kind, err := required("type", attributes.Type)
	if err != nil {
		return nil, err
	}
	tenant, err := optional("tenant_id", attributes.TenantID)
	if err != nil {
		return nil, err
	}
	if tenant == "" {
		tenant = tenantIn(data)
	}
	if tenant, err = required("tenant_id", tenant); err != nil {
		return nil, err
	}
	if err := checkTenant(data, tenant); err != nil {
		return nil, err
	}
	module, err := optional("module", attributes.Module)
	if err != nil {
		return nil, err
	}
	id := attributes.ID
	if id == "" {
		id = from.newID()
	}
	if id, err = required("id", id); err != nil {
		return nil, err
	}
	subject, err := optional("subject", attributes.Subject)
	if err != nil {
		return nil, err
	}
	moment, err := from.timestamp("time", attributes.Time)
	if err != nil {
		return nil, err
	}
	contentType, err := optional("data_content_type", attributes.DataContentType)
	if err != nil {
		return nil, err
	}
	encoded, err := packed(data)
	if err != nil {
		return nil, err
	}
	extensions, err := checkedExtensions(attributes.Extensions)
	if err != nil {
		return nil, err
	}
	if extensions["dataschema"] == "" {
		extensions["dataschema"] = dataSchemaOf(data, module)
	}
	return &eventsv1.CloudEvent{
		SpecVersion:     specVersion,
		Id:              id,
		Type:            kind,
		Source:          source,
		Subject:         subject,
		Time:            moment,
		DataContentType: contentType,
		TenantId:        tenant,
		Data:            encoded,
		Extensions:      extensions,
	}, nil
}

// checkTenant checks that data which names a tenant names that of its event.
func checkTenant(data proto.Message, tenant string) error {
	if inside := tenantIn(data); inside != "" && inside != tenant {
		return newError(Mismatch, "tenant_id", "is another one in the data", nil)
	}
	return nil
}

func tenantIn(data proto.Message) string {
	message := data.ProtoReflect()
	field := message.Descriptor().Fields().ByName("tenant_id")
	if field == nil || field.Kind() != protoreflect.StringKind || field.Cardinality() == protoreflect.Repeated {
		return ""
	}
	return trimmed(message.Get(field).String())
}
