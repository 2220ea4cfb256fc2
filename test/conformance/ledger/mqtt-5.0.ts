import { byServer, type Ledger, row, unmet } from './statement.js';

/** MQTT 5.0: the numbered statements, and after those of a section, with letters of ours, the rules without a number that bind a Client. */
export const MQTT_5: Ledger = {
  'MQTT-1.5.4-1': row(
    'sender, receiver',
    'Every UTF-8 string on the wire is well-formed UTF-8; surrogate code points U+D800..U+DFFF are never encoded.',
  ),
  'MQTT-1.5.4-2': row('sender, receiver', 'No UTF-8 string carries U+0000.'),
  'MQTT-1.5.4-3': row(
    'receiver',
    'Bytes EF BB BF mean U+FEFF wherever they stand; a receiver never skips or strips them.',
  ),
  'MQTT-5.0:1.5.4-a': row(
    'sender, receiver',
    'U+0001..U+001F, U+007F..U+009F and non-characters should not be sent; a receiver may take them for malformed.',
  ),
  'MQTT-1.5.5-1': row(
    'sender, receiver',
    'A variable byte integer is written in the fewest bytes that hold it.',
  ),
  'MQTT-5.0:1.5.5-a': row(
    'receiver',
    'A Variable Byte Integer of more than four bytes is malformed.',
  ),
  'MQTT-1.5.7-1': row(
    'sender, receiver',
    'Both halves of a string pair obey the UTF-8 string rules.',
  ),
  'MQTT-5.0:2.1.2-a': row('receiver', 'Packet type 0 is forbidden.'),
  'MQTT-5.0:2.1.2-b': row(
    'receiver',
    'A type that only a Client sends (CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ) is a Protocol Error when the Server sends it.',
  ),
  'MQTT-2.1.3-1': row(
    'sender, receiver',
    'Fixed-header flag bits marked reserved carry exactly the value the table lists.',
  ),
  'MQTT-5.0:2.1.4-a': row(
    'receiver',
    'A packet that is too short for its fields, or longer than they are, is malformed.',
  ),
  'MQTT-2.2.1-2': row('sender, peer', 'A QoS 0 PUBLISH has no packet identifier.'),
  'MQTT-2.2.1-3': row(
    'sender',
    'Each new SUBSCRIBE, UNSUBSCRIBE or PUBLISH of QoS 1 or 2 takes an identifier that is not 0 and that nothing outstanding uses.',
  ),
  'MQTT-2.2.1-4': row(
    'peer',
    'Each new PUBLISH of QoS 1 or 2 from the Server takes an identifier that is not 0 and not in use.',
  ),
  'MQTT-2.2.1-5': row(
    'sender, peer',
    'PUBACK/PUBREC/PUBREL/PUBCOMP repeat the packet identifier of the PUBLISH they answer.',
  ),
  'MQTT-2.2.1-6': row(
    'peer',
    'SUBACK/UNSUBACK repeat the packet identifier of the request they answer.',
  ),
  'MQTT-5.0:2.2.1-a': row(
    'sender',
    'SUBSCRIBE, UNSUBSCRIBE and PUBLISH draw from one pool of identifiers; only PUBACK, PUBCOMP, a failing PUBREC, SUBACK and UNSUBACK give one back.',
  ),
  'MQTT-5.0:2.2.1-b': row(
    'receiver',
    'The identifiers of the two sides are independent: one number may be in use on both at once.',
  ),
  'MQTT-2.2.2-1': row(
    'sender, peer',
    'A packet without properties says so with a Property Length of zero, where it has that field.',
  ),
  'MQTT-5.0:2.2.2-a': row(
    'receiver',
    'A property that the packet type does not have, or whose value is not of its type, makes the packet malformed.',
  ),
  'MQTT-5.0:2.2.2-b': row(
    'receiver',
    'A Property Length beyond the packet, or a property beyond its Property Length, makes the packet malformed.',
  ),
  'MQTT-5.0:2.2.2-c': row(
    'receiver',
    'A property identifier is a Variable Byte Integer: one that is unknown or overlong makes the packet malformed.',
  ),
  'MQTT-5.0:2.4-a': row(
    'receiver',
    'Reason codes from 0x80 on are failures, those below are successes.',
  ),
  'MQTT-3.1.0-1': row('sender', 'The first packet on a new connection is CONNECT.'),
  'MQTT-3.1.0-2': row('sender', 'CONNECT is sent once on a connection.'),
  'MQTT-3.1.2-1': row(
    'sender',
    'The protocol name is MQTT; a Server that refuses it may answer 0x84, and closes.',
  ),
  'MQTT-3.1.2-2': row(
    'server',
    'A Server that refuses the protocol version may answer CONNACK 0x84, and closes.',
  ),
  'MQTT-3.1.2-3': row('sender', 'The reserved Connect Flag is 0.'),
  'MQTT-3.1.2-4': row(
    'sender',
    'With Clean Start 1 both sides drop the Session that they have and begin a new one.',
  ),
  'MQTT-3.1.2-5': row(
    'server',
    'Clean Start 0 with a stored session: the server resumes from that session.',
  ),
  'MQTT-3.1.2-6': row('server', 'Clean Start 0 without a stored session: the server creates one.'),
  'MQTT-3.1.2-7': row(
    'server',
    'With the Will Flag the server stores the will message with the session.',
  ),
  'MQTT-3.1.2-8': row(
    'server',
    'The server publishes the will after the connection closes and the will delay or session ends, unless a DISCONNECT 0x00 or a new connection cancelled it.',
  ),
  'MQTT-3.1.2-9': row(
    'sender',
    'With Will Flag 1 the payload has Will Properties, Will Topic and Will Payload.',
  ),
  'MQTT-3.1.2-10': row(
    'server',
    'The server drops the stored will once it is published or a DISCONNECT 0x00 arrived.',
  ),
  'MQTT-3.1.2-11': row('sender', 'Will Flag 0 means Will QoS 0.'),
  'MQTT-3.1.2-12': row('sender', 'With Will Flag 1 the Will QoS is 0, 1 or 2.'),
  'MQTT-3.1.2-13': row('sender', 'Will Flag 0 means Will Retain 0.'),
  'MQTT-3.1.2-14': row('server', 'Will Retain 0: the server publishes the will non-retained.'),
  'MQTT-3.1.2-15': row('server', 'Will Retain 1: the server publishes the will retained.'),
  'MQTT-3.1.2-16': row('sender', 'User Name Flag 0 means no user name in the payload.'),
  'MQTT-3.1.2-17': row('sender', 'User Name Flag 1 means a user name is in the payload.'),
  'MQTT-3.1.2-18': row('sender', 'Password Flag 0 means no password in the payload.'),
  'MQTT-3.1.2-19': row(
    'sender',
    'Password Flag 1 means a password is in the payload, with or without a user name.',
  ),
  'MQTT-3.1.2-20': row(
    'sender',
    'With a non-zero keep alive and nothing else to send the client sends PINGREQ in time.',
  ),
  'MQTT-3.1.2-21': row(
    'receiver',
    "A Server Keep Alive in CONNACK replaces the client's own keep alive.",
  ),
  'MQTT-3.1.2-22': row('server', 'The server drops a client silent for 1.5 times the keep alive.'),
  'MQTT-3.1.2-23': row(
    'sender',
    'Both sides keep session state after the connection closes if the session expiry interval is above 0.',
  ),
  'MQTT-3.1.2-24': row(
    'peer',
    "The server never sends a packet above the client's Maximum Packet Size.",
  ),
  'MQTT-3.1.2-25': row(
    'server',
    'A message too large to send is discarded by the server as if it had been sent.',
  ),
  'MQTT-3.1.2-26': row(
    'peer',
    "The server never uses a topic alias above the client's Topic Alias Maximum.",
  ),
  'MQTT-3.1.2-27': row(
    'peer',
    'With Topic Alias Maximum absent or 0 the server uses no topic alias at all.',
  ),
  'MQTT-3.1.2-28': row(
    'peer',
    'With Request Response Information 0 the server returns no Response Information.',
  ),
  'MQTT-3.1.2-29': row(
    'peer',
    'With Request Problem Information 0 the server puts Reason String / User Property only on PUBLISH, CONNACK and DISCONNECT.',
  ),
  'MQTT-3.1.2-30': row(
    'sender',
    'After a CONNECT with an Authentication Method the client sends only AUTH or DISCONNECT until CONNACK.',
  ),
  'MQTT-5.0:3.1.2-a': row(
    'receiver',
    'Without a PINGRESP in reasonable time the Client should close.',
  ),
  'MQTT-5.0:3.1.2-b': row(
    'sender',
    'CONNECT has each property but User Property at most once; Receive Maximum and Maximum Packet Size are not 0.',
  ),
  'MQTT-5.0:3.1.2-c': row(
    'receiver',
    'A packet above our Maximum Packet Size is answered by DISCONNECT 0x95.',
  ),
  'MQTT-5.0:3.1.2-d': row(
    'receiver',
    'After Request Problem Information 0, a Reason String or User Property on anything but PUBLISH, CONNACK and DISCONNECT may be answered by DISCONNECT 0x82.',
  ),
  'MQTT-5.0:3.1.2-e': row(
    'sender',
    'Without Session Expiry Interval it is 0; 0xFFFFFFFF never expires; that of CONNACK goes before that of CONNECT.',
  ),
  'MQTT-3.1.3-1': row(
    'sender',
    'CONNECT payload order: client id, Will Properties, Will Topic, Will Payload, user name, password.',
  ),
  'MQTT-3.1.3-2': row('sender', 'The client id identifies the session state that each side holds.'),
  'MQTT-3.1.3-3': row('sender', 'The client id is present and first in the CONNECT payload.'),
  'MQTT-3.1.3-4': row('sender', 'The client id is a UTF-8 encoded string.'),
  'MQTT-3.1.3-5': row('server', 'The server accepts client ids of 1..23 bytes of [0-9a-zA-Z].'),
  'MQTT-3.1.3-6': row('server', 'A server that allows an empty client id assigns a unique one.'),
  'MQTT-3.1.3-7': row(
    'peer, receiver',
    'The server returns the assigned client id in CONNACK; the client then uses it for the session.',
  ),
  'MQTT-3.1.3-8': row(
    'peer',
    'A rejected client id may be answered CONNACK 0x85, then the server closes.',
  ),
  'MQTT-3.1.3-9': row(
    'server',
    'No will is sent if the session reconnects before the will delay passes.',
  ),
  'MQTT-3.1.3-10': row('server', "The server keeps the order of the will's user properties."),
  'MQTT-3.1.3-11': row('sender', 'The will topic is a UTF-8 encoded string.'),
  'MQTT-3.1.3-12': row(
    'sender',
    'The user name is a UTF-8 encoded string and stands where the order says.',
  ),
  'MQTT-3.1.4-1': row(
    'server',
    'The server checks that CONNECT matches the format and closes if not.',
  ),
  'MQTT-3.1.4-2': row('server', 'The server may check further and closes if a check fails.'),
  'MQTT-3.1.4-3': row(
    'peer, receiver',
    'A second connection with the same client id makes the Server send DISCONNECT 0x8E to the first and close it.',
  ),
  'MQTT-3.1.4-4': row('server', 'The server performs Clean Start processing.'),
  'MQTT-3.1.4-5': row('peer', 'The server acknowledges with CONNACK 0x00.'),
  'MQTT-3.1.4-6': row(
    'server',
    'After rejecting a CONNECT the server processes nothing more but AUTH.',
  ),
  'MQTT-5.0:3.1.4-a': row(
    'sender',
    'A Client may send more before CONNACK, but does not know the limits of the Server then.',
  ),
  'MQTT-3.2.0-1': row('peer', 'Nothing but AUTH comes from the server before CONNACK 0x00.'),
  'MQTT-3.2.0-2': row('peer', 'The server sends one CONNACK per connection.'),
  'MQTT-5.0:3.2-a': row(
    'receiver',
    'Without a CONNACK in reasonable time the Client should close.',
  ),
  'MQTT-3.2.2-1': row('peer', 'CONNACK acknowledge flag bits 7..1 are 0.'),
  'MQTT-3.2.2-2': row('peer', 'Clean Start 1 accepted: Session Present is 0.'),
  'MQTT-3.2.2-3': row(
    'peer',
    'Clean Start 0 accepted: Session Present tells whether the server has state.',
  ),
  'MQTT-3.2.2-4': row(
    'receiver',
    'Session Present 1 while the Client has no Session: it closes the connection.',
    unmet(
      "by default it takes the Session up, so that a durable subscriber can start again without a store; with compliance: 'strict' it closes",
    ),
  ),
  'MQTT-3.2.2-5': row(
    'receiver',
    'Session Present 0 while the Client has a Session: it discards it, if it goes on.',
  ),
  'MQTT-3.2.2-6': row('peer', 'A non-zero CONNACK reason code goes with Session Present 0.'),
  'MQTT-3.2.2-7': row('peer', 'After a CONNACK of 0x80 or above the Server closes.'),
  'MQTT-3.2.2-8': row('peer', 'CONNACK uses one of the listed connect reason codes.'),
  'MQTT-3.2.2-9': row('server', 'A server without QoS 1 or 2 says so with Maximum QoS.'),
  'MQTT-3.2.2-10': row('server', 'Such a server still accepts SUBSCRIBE at any requested QoS.'),
  'MQTT-3.2.2-11': row('sender', "The client publishes nothing above the server's Maximum QoS."),
  'MQTT-3.2.2-12': row(
    'server',
    'A Will QoS the server cannot do makes it reject the CONNECT (0x9B) and close.',
  ),
  'MQTT-3.2.2-13': row(
    'server',
    'Will Retain on a server without retain makes it reject the CONNECT (0x9A) and close.',
  ),
  'MQTT-3.2.2-14': row(
    'sender',
    'With Retain Available 0 the client sends no PUBLISH with RETAIN.',
  ),
  'MQTT-3.2.2-15': row(
    'sender',
    "The Client sends no packet above the Server's Maximum Packet Size, whatever its type.",
  ),
  'MQTT-3.2.2-16': row(
    'peer',
    'An empty client id is answered with an Assigned Client Identifier unused by any other session.',
  ),
  'MQTT-3.2.2-17': row(
    'sender',
    "The client uses no topic alias above the server's Topic Alias Maximum.",
  ),
  'MQTT-3.2.2-18': row(
    'sender',
    'With Topic Alias Maximum absent or 0 the client uses no topic alias.',
  ),
  'MQTT-3.2.2-19': row(
    'peer',
    "No Reason String on CONNACK if that passes the client's Maximum Packet Size.",
  ),
  'MQTT-3.2.2-20': row(
    'peer',
    "No User Property on CONNACK if that passes the client's Maximum Packet Size.",
  ),
  'MQTT-3.2.2-21': row('receiver', 'Server Keep Alive on CONNACK is what the client uses.'),
  'MQTT-3.2.2-22': row('server', 'Without Server Keep Alive the server uses the CONNECT value.'),
  'MQTT-5.0:3.2.2-a': row(
    'receiver',
    'CONNACK has each property but User Property at most once; Receive Maximum and Maximum Packet Size are not 0, Maximum QoS and the flags of availability not above 1.',
  ),
  'MQTT-5.0:3.2.2-b': row(
    'receiver',
    'What CONNACK does not limit has its default, on each connection anew.',
  ),
  'MQTT-5.0:3.2.2-c': row(
    'sender',
    'Without Wildcard Subscriptions at the Server, none is asked for.',
  ),
  'MQTT-5.0:3.2.2-d': row(
    'sender',
    'Without Subscription Identifiers at the Server, none is sent.',
  ),
  'MQTT-5.0:3.2.2-e': row(
    'sender',
    'Without Shared Subscriptions at the Server, none is asked for.',
  ),
  'MQTT-5.0:3.2.2-f': row(
    'receiver',
    'Authentication Data in CONNACK without a method, or a method that CONNECT did not have, is a Protocol Error.',
  ),
  'MQTT-3.3.1-1': row('sender, peer', 'DUP is 1 on a re-delivered PUBLISH.'),
  'MQTT-3.3.1-2': row('sender, peer', 'DUP is 0 on every QoS 0 PUBLISH.'),
  'MQTT-3.3.1-3': row(
    'peer',
    'An outgoing DUP says only whether that outgoing packet is a retransmission.',
    byServer('whether a Server copied a DUP or set it anew, its packets do not tell'),
  ),
  'MQTT-3.3.1-4': row('sender, peer', 'A PUBLISH never has both QoS bits set.'),
  'MQTT-3.3.1-5': row('server', 'RETAIN 1 replaces the retained message of the topic.'),
  'MQTT-3.3.1-6': row('server', 'An empty retained payload removes the retained message.'),
  'MQTT-3.3.1-7': row('server', 'An empty retained payload is not itself stored.'),
  'MQTT-3.3.1-8': row('server', 'RETAIN 0 neither stores nor removes a retained message.'),
  'MQTT-3.3.1-9': row('server', 'Retain Handling 0: retained messages are sent on subscribe.'),
  'MQTT-3.3.1-10': row(
    'server',
    'Retain Handling 1: retained messages are sent only for a new subscription.',
  ),
  'MQTT-3.3.1-11': row('server', 'Retain Handling 2: no retained messages on subscribe.'),
  'MQTT-3.3.1-12': row('server', 'Retain As Published 0: forwarded with RETAIN 0.'),
  'MQTT-3.3.1-13': row('server', 'Retain As Published 1: forwarded with the RETAIN it came with.'),
  'MQTT-3.3.2-1': row(
    'sender, peer',
    'The topic name is the first PUBLISH field and a UTF-8 encoded string.',
  ),
  'MQTT-3.3.2-2': row('sender, peer', 'A PUBLISH topic name has no wildcard.'),
  'MQTT-3.3.2-3': row('peer', "The topic of a server PUBLISH matches the subscription's filter."),
  'MQTT-3.3.2-4': row('server', 'Payload Format Indicator is forwarded unaltered.'),
  'MQTT-3.3.2-5': row('server', 'An expired message not yet started is dropped.'),
  'MQTT-3.3.2-6': row(
    'server',
    'Forwarded Message Expiry Interval is reduced by the waiting time.',
  ),
  'MQTT-3.3.2-7': row(
    'receiver',
    'Topic alias mappings never outlive their connection (both directions).',
  ),
  'MQTT-3.3.2-8': row('sender, peer', 'No PUBLISH carries topic alias 0.'),
  'MQTT-3.3.2-9': row('sender', "No client PUBLISH carries an alias above the server's maximum."),
  'MQTT-3.3.2-10': row(
    'receiver',
    'The client accepts every alias from 1 up to the maximum it announced.',
  ),
  'MQTT-3.3.2-11': row('peer', "No server PUBLISH carries an alias above the client's maximum."),
  'MQTT-3.3.2-12': row('server', 'The server accepts every alias up to the maximum it announced.'),
  'MQTT-3.3.2-13': row('sender, peer', 'The response topic is a UTF-8 encoded string.'),
  'MQTT-3.3.2-14': row('sender, peer', 'The response topic has no wildcard.'),
  'MQTT-3.3.2-15': row('server', 'The response topic is forwarded unaltered.'),
  'MQTT-3.3.2-16': row('server', 'Correlation data is forwarded unaltered.'),
  'MQTT-3.3.2-17': row('server', 'All user properties are forwarded unaltered.'),
  'MQTT-3.3.2-18': row(
    'server',
    'The order of User Properties is kept when a message is forwarded.',
  ),
  'MQTT-3.3.2-19': row('sender, peer', 'The content type is a UTF-8 encoded string.'),
  'MQTT-3.3.2-20': row('server', 'The content type is forwarded unaltered.'),
  'MQTT-5.0:3.3.2-a': row(
    'receiver',
    'A PUBLISH with neither topic nor Topic Alias is a Protocol Error.',
  ),
  'MQTT-5.0:3.3.2-b': row(
    'receiver',
    'PUBLISH has each property but User Property and Subscription Identifier at most once.',
  ),
  'MQTT-5.0:3.3.2-c': row('receiver', 'A Payload Format Indicator is 0 or 1.'),
  'MQTT-5.0:3.3.2-d': row(
    'receiver',
    'A payload that is told to be UTF-8 and is not may be refused with 0x99.',
  ),
  'MQTT-5.0:3.3.2-e': row('sender, receiver', 'A Subscription Identifier is not 0.'),
  'MQTT-3.3.4-1': row(
    'receiver',
    'A received PUBLISH is answered as its QoS demands (none, PUBACK, PUBREC).',
  ),
  'MQTT-3.3.4-2': row(
    'server',
    'Overlapping subscriptions: delivery respects the highest matching QoS.',
  ),
  'MQTT-3.3.4-3': row(
    'server',
    'Subscription identifiers of overlapping subscriptions are sent along.',
  ),
  'MQTT-3.3.4-4': row('server', 'A single copy carries all matching subscription identifiers.'),
  'MQTT-3.3.4-5': row('server', 'Each of several copies carries its own subscription identifier.'),
  'MQTT-3.3.4-6': row('sender', 'A client PUBLISH carries no subscription identifier.'),
  'MQTT-3.3.4-7': row(
    'sender',
    "The client never has more PUBLISH of QoS 1 and 2 unacknowledged than the server's Receive Maximum.",
  ),
  'MQTT-3.3.4-8': row('sender', 'A full send window delays only PUBLISH, no other packet.'),
  'MQTT-3.3.4-9': row(
    'peer',
    "The server never has more PUBLISH of QoS 1 and 2 unacknowledged than the client's Receive Maximum.",
  ),
  'MQTT-3.3.4-10': row('server', 'A full server window delays only PUBLISH.'),
  'MQTT-5.0:3.3.4-a': row(
    'receiver',
    'A Topic Alias of 0 or above our maximum is answered by DISCONNECT 0x94.',
  ),
  'MQTT-5.0:3.3.4-b': row(
    'receiver',
    'A Topic Alias that stands for nothing, without a topic, is answered by DISCONNECT 0x82.',
  ),
  'MQTT-5.0:3.3.4-c': row(
    'receiver',
    'A topic with a Topic Alias sets what the alias stands for, whether it stood for something or not.',
  ),
  'MQTT-5.0:3.3.4-d': row(
    'receiver',
    'More than Receive Maximum of unanswered PUBLISH at QoS 1 and 2 are answered by DISCONNECT 0x93.',
  ),
  'MQTT-5.0:3.3.4-e': row(
    'receiver',
    "A message above the Server's Maximum QoS may be answered by DISCONNECT 0x9B.",
  ),
  'MQTT-5.0:3.3.4-f': row(
    'receiver',
    'A Subscription Identifier that no subscription of the Session has is a Protocol Error, as far as the Client can know.',
  ),
  'MQTT-5.0:3.4-a': row(
    'receiver',
    'PUBACK, PUBREC, PUBREL and PUBCOMP of two bytes mean 0x00; those of three have no properties.',
  ),
  'MQTT-5.0:3.4-b': row('receiver', 'An acknowledgement has a Reason String at most once.'),
  'MQTT-5.0:3.4-c': row(
    'receiver',
    '0x92 in PUBREL or PUBCOMP is no error when a Session is taken up again.',
  ),
  'MQTT-3.4.2-1': row('sender, peer', 'PUBACK uses one of the PUBACK reason codes.'),
  'MQTT-3.4.2-2': row(
    'sender, peer',
    "No Reason String on PUBACK if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.4.2-3': row(
    'sender, peer',
    "No User Property on PUBACK if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.5.2-1': row('sender, peer', 'PUBREC uses one of the PUBREC reason codes.'),
  'MQTT-3.5.2-2': row(
    'sender, peer',
    "No Reason String on PUBREC if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.5.2-3': row(
    'sender, peer',
    "No User Property on PUBREC if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.6.1-1': row('sender, peer', 'The flags of PUBREL are 0010; anything else is malformed.'),
  'MQTT-3.6.2-1': row('sender, peer', 'PUBREL uses one of the PUBREL reason codes.'),
  'MQTT-3.6.2-2': row(
    'sender, peer',
    "No Reason String on PUBREL if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.6.2-3': row(
    'sender, peer',
    "No User Property on PUBREL if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.7.2-1': row('sender, peer', 'PUBCOMP uses one of the PUBCOMP reason codes.'),
  'MQTT-3.7.2-2': row(
    'sender, peer',
    "No Reason String on PUBCOMP if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.7.2-3': row(
    'sender, peer',
    "No User Property on PUBCOMP if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.8.1-1': row('sender', 'SUBSCRIBE fixed-header flags are 0010.'),
  'MQTT-5.0:3.8.2-a': row(
    'sender',
    'SUBSCRIBE has a Subscription Identifier at most once, of 1 to 268,435,455.',
  ),
  'MQTT-3.8.3-1': row('sender', 'Topic filters are UTF-8 encoded strings.'),
  'MQTT-3.8.3-2': row('sender', 'A SUBSCRIBE has at least one filter and options pair.'),
  'MQTT-3.8.3-3': row('server', 'No Local 1: the server does not send a client its own messages.'),
  'MQTT-3.8.3-4': row('sender', 'No Local does not go with a Shared Subscription.'),
  'MQTT-3.8.3-5': row('sender', 'The reserved bits of the Subscription Options are 0.'),
  'MQTT-5.0:3.8.3-a': row('sender', 'A subscription has neither QoS 3 nor Retain Handling 3.'),
  'MQTT-3.8.4-1': row('peer', 'Each SUBSCRIBE is answered by a SUBACK.'),
  'MQTT-3.8.4-2': row('peer', 'SUBACK has the packet identifier of its SUBSCRIBE.'),
  'MQTT-3.8.4-3': row(
    'server',
    'An identical non-shared filter replaces the existing subscription.',
  ),
  'MQTT-3.8.4-4': row(
    'server',
    'Replacing with Retain Handling 0 resends retained messages and loses none.',
  ),
  'MQTT-3.8.4-5': row(
    'server',
    'Several filters in one SUBSCRIBE act as several SUBSCRIBEs with one SUBACK.',
  ),
  'MQTT-3.8.4-6': row('peer', 'SUBACK has one reason code per filter.'),
  'MQTT-3.8.4-7': row('peer', 'Each code shows the granted maximum QoS or a failure.'),
  'MQTT-3.8.4-8': row('server', 'Delivered QoS is the minimum of published and granted.'),
  'MQTT-5.0:3.9-a': row(
    'receiver',
    'SUBACK has a Reason String at most once, and a code at least.',
  ),
  'MQTT-3.9.2-1': row(
    'peer',
    "No Reason String on SUBACK if that passes the client's Maximum Packet Size.",
  ),
  'MQTT-3.9.2-2': row(
    'peer',
    "No User Property on SUBACK if that passes the client's Maximum Packet Size.",
  ),
  'MQTT-3.9.3-1': row('peer, receiver', 'The codes of SUBACK stand in the order of the filters.'),
  'MQTT-3.9.3-2': row('peer', 'SUBACK uses only the subscribe reason codes.'),
  'MQTT-3.10.1-1': row('sender', 'UNSUBSCRIBE fixed-header flags are 0010.'),
  'MQTT-3.10.3-1': row('sender', 'UNSUBSCRIBE filters are UTF-8 encoded strings.'),
  'MQTT-3.10.3-2': row('sender', 'An UNSUBSCRIBE has at least one filter.'),
  'MQTT-3.10.4-1': row(
    'server',
    'UNSUBSCRIBE filters are compared character by character; exact matches are deleted.',
  ),
  'MQTT-3.10.4-2': row('server', 'After UNSUBSCRIBE no new messages are queued for the filter.'),
  'MQTT-3.10.4-3': row('server', 'Deliveries of QoS 1 and 2 that have begun are completed.'),
  'MQTT-3.10.4-4': row('peer', 'UNSUBSCRIBE is answered by UNSUBACK.'),
  'MQTT-3.10.4-5': row(
    'peer',
    'UNSUBACK has the same packet identifier and comes even if nothing was deleted.',
  ),
  'MQTT-3.10.4-6': row('server', 'Several filters act as several UNSUBSCRIBEs with one UNSUBACK.'),
  'MQTT-5.0:3.11-a': row(
    'receiver',
    'UNSUBACK has a Reason String at most once, and a code at least.',
  ),
  'MQTT-3.11.2-1': row(
    'peer',
    "No Reason String on UNSUBACK if that passes the client's Maximum Packet Size.",
  ),
  'MQTT-3.11.2-2': row(
    'peer',
    "No User Property on UNSUBACK if that passes the client's Maximum Packet Size.",
  ),
  'MQTT-3.11.3-1': row(
    'peer, receiver',
    'UNSUBACK codes stand in the order of the filters, one each.',
  ),
  'MQTT-3.11.3-2': row('peer', 'UNSUBACK uses only the unsubscribe reason codes.'),
  'MQTT-3.12.4-1': row('peer', 'PINGREQ is answered by PINGRESP.'),
  'MQTT-5.0:3.13-a': row(
    'receiver',
    'PINGRESP is empty; one that was not asked for needs no action.',
  ),
  'MQTT-3.14.0-1': row('peer', 'No server DISCONNECT before a CONNACK below 0x80.'),
  'MQTT-5.0:3.14-a': row(
    'receiver',
    'An empty DISCONNECT means 0x00; one of a single byte has no properties.',
  ),
  'MQTT-5.0:3.14-b': row(
    'sender',
    'DISCONNECT does not raise a Session Expiry Interval that was 0 in CONNECT.',
  ),
  'MQTT-5.0:3.14-c': row('receiver', 'Who receives DISCONNECT should close.'),
  'MQTT-5.0:3.14-d': row(
    'receiver',
    'DISCONNECT has Reason String and Server Reference at most once, and from the Server no Session Expiry Interval.',
  ),
  'MQTT-3.14.1-1': row(
    'receiver',
    'Who receives DISCONNECT checks that its reserved bits are 0, and answers others by DISCONNECT 0x81.',
  ),
  'MQTT-3.14.2-1': row(
    'sender, peer',
    'DISCONNECT uses one of the disconnect reason codes (the client only those marked Client).',
  ),
  'MQTT-3.14.2-2': row('peer', 'A server DISCONNECT carries no Session Expiry Interval.'),
  'MQTT-3.14.2-3': row(
    'sender, peer',
    "No Reason String on DISCONNECT if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.14.2-4': row(
    'sender, peer',
    "No User Property on DISCONNECT if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.14.4-1': row(
    'sender, peer',
    'After DISCONNECT its sender sends nothing more on that connection.',
  ),
  'MQTT-3.14.4-2': row('sender', 'After DISCONNECT its sender closes the connection.'),
  'MQTT-3.14.4-3': row('server', 'DISCONNECT 0x00 makes the Server drop the Will.'),
  'MQTT-5.0:3.15-a': row(
    'receiver',
    'AUTH has the Authentication Method of CONNECT, and each property but User Property at most once.',
  ),
  'MQTT-5.0:3.15-b': row(
    'receiver',
    'An empty AUTH means 0x00, and lacks its Authentication Method.',
  ),
  'MQTT-3.15.1-1': row(
    'sender, receiver',
    'AUTH fixed-header flags are 0; any other value is malformed and the receiver closes (MUST).',
  ),
  'MQTT-3.15.2-1': row(
    'sender, peer',
    'AUTH uses one of the authenticate reason codes (client: 0x18, 0x19; server: 0x00, 0x18).',
  ),
  'MQTT-3.15.2-2': row(
    'sender, peer',
    "No Reason String on AUTH if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-3.15.2-3': row(
    'sender, peer',
    "No User Property on AUTH if that passes the receiver's Maximum Packet Size.",
  ),
  'MQTT-4.1.0-1': row('sender', 'Session state is not discarded while the connection is open.'),
  'MQTT-4.1.0-2': row(
    'server',
    'The server discards the state once connection and expiry interval are over.',
  ),
  'MQTT-5.0:4.1-a': row(
    'sender',
    "The Client's part of the Session is what it sent of QoS 1 and 2 and what it received of QoS 2, until it is acknowledged: nothing else.",
  ),
  'MQTT-4.2.0-1': row(
    'sender',
    'A transport that carries bytes in order and without loss is supported (MQTT-4.2-1 in the body of the standard).',
  ),
  'MQTT-4.3.1-1': row('sender', 'QoS 0 sender: PUBLISH with QoS 0 and DUP 0.'),
  'MQTT-4.3.2-1': row('sender', 'QoS 1 sender: an unused packet identifier per new message.'),
  'MQTT-4.3.2-2': row('sender', 'QoS 1 sender: first PUBLISH has that identifier, QoS 1, DUP 0.'),
  'MQTT-4.3.2-3': row('sender', 'QoS 1 sender: unacknowledged until the matching PUBACK.'),
  'MQTT-4.3.2-4': row(
    'receiver',
    'QoS 1 receiver: answers with PUBACK for that identifier once it owns the message.',
  ),
  'MQTT-4.3.2-5': row(
    'receiver',
    'QoS 1 receiver: after its PUBACK the same identifier is a new message, whatever DUP says.',
  ),
  'MQTT-4.3.3-1': row('sender', 'QoS 2 sender: an unused packet identifier per new message.'),
  'MQTT-4.3.3-2': row('sender', 'QoS 2 sender: first PUBLISH has that identifier, QoS 2, DUP 0.'),
  'MQTT-4.3.3-3': row('sender', 'QoS 2 sender: PUBLISH unacknowledged until the matching PUBREC.'),
  'MQTT-4.3.3-4': row(
    'sender',
    'QoS 2 sender: PUBREC below 0x80 is answered by PUBREL with the same identifier.',
  ),
  'MQTT-4.3.3-5': row('sender', 'QoS 2 sender: PUBREL unacknowledged until PUBCOMP.'),
  'MQTT-4.3.3-6': row('sender', 'QoS 2 sender: never re-sends the PUBLISH after PUBREL.'),
  'MQTT-4.3.3-7': row('sender', 'QoS 2 sender: no message expiry once the PUBLISH was sent.'),
  'MQTT-4.3.3-8': row(
    'receiver',
    'QoS 2 receiver: answers with PUBREC for that identifier once it owns the message.',
  ),
  'MQTT-4.3.3-9': row(
    'receiver',
    'QoS 2 receiver: after a PUBREC of 0x80 or above the same identifier is a new message.',
  ),
  'MQTT-4.3.3-10': row(
    'receiver',
    'QoS 2 receiver: until PUBREL, a repeated PUBLISH gets PUBREC again and is not delivered again.',
  ),
  'MQTT-4.3.3-11': row(
    'receiver',
    'QoS 2 receiver: PUBREL is answered by PUBCOMP with the same identifier.',
  ),
  'MQTT-4.3.3-12': row(
    'receiver',
    'QoS 2 receiver: after PUBCOMP the same identifier is a new message.',
  ),
  'MQTT-4.3.3-13': row(
    'receiver',
    'QoS 2 receiver: goes on with the acknowledgements even if it expired the message.',
  ),
  'MQTT-4.4.0-1': row(
    'sender',
    'On a connection that resumes the Session, PUBLISH (QoS 1 and 2) and PUBREL without acknowledgement are sent again with their identifiers; at no other time is anything sent again.',
  ),
  'MQTT-4.4.0-2': row(
    'sender',
    'A PUBACK or PUBREC of 0x80 or above ends that PUBLISH: it is not re-sent.',
  ),
  'MQTT-5.0:4.4-a': row(
    'sender',
    'No timer sends PUBLISH or PUBREL again while the connection lasts.',
  ),
  'MQTT-4.5.0-1': row(
    'server',
    'The server adds an owned message to the state of matching sessions.',
  ),
  'MQTT-4.5.0-2': row(
    'receiver',
    'The client acknowledges every PUBLISH by its QoS, also one it does not want.',
  ),
  'MQTT-4.6.0-1': row('sender', 'PUBLISH packets are re-sent in their original order.'),
  'MQTT-4.6.0-2': row('receiver', 'PUBACKs go out in the order their PUBLISH packets came in.'),
  'MQTT-4.6.0-3': row('receiver', 'PUBRECs go out in the order their PUBLISH packets came in.'),
  'MQTT-4.6.0-4': row('sender', 'PUBRELs go out in the order their PUBRECs came in.'),
  'MQTT-4.6.0-5': row(
    'server',
    'Ordered topics are delivered in order per publisher, topic and QoS.',
  ),
  'MQTT-4.6.0-6': row('server', 'By default every topic is ordered on non-shared subscriptions.'),
  'MQTT-5.0:4.6-a': row(
    'sender',
    'With a Receive Maximum of 1, no QoS 1 message is sent before the one ahead of it is acknowledged.',
  ),
  'MQTT-4.7.0-1': row('sender', 'Wildcards stand in filters only, never in a topic name.'),
  'MQTT-4.7.1-1': row('sender', '# stands alone or right after a separator, and last.'),
  'MQTT-4.7.1-2': row('sender', '+ fills a whole level.'),
  'MQTT-4.7.2-1': row(
    'server',
    'Filters that begin with a wildcard do not match topics that begin with $.',
  ),
  'MQTT-4.7.3-1': row('sender', 'Names and filters have at least one character.'),
  'MQTT-4.7.3-2': row('sender', 'Names and filters have no U+0000.'),
  'MQTT-4.7.3-3': row('sender', 'Names and filters encode to at most 65,535 bytes.'),
  'MQTT-4.7.3-4': row('server', 'Nothing is normalised for matching.'),
  'MQTT-4.8.2-1': row(
    'sender',
    'A shared filter begins with $share/ and has a share name of at least one character.',
  ),
  'MQTT-4.8.2-2': row(
    'sender',
    'The share name has none of / + # and is followed by / and a topic filter.',
  ),
  'MQTT-4.8.2-3': row('server', 'The granted QoS is respected on shared delivery.'),
  'MQTT-4.8.2-4': row(
    'server',
    'A QoS 2 shared delivery under way is completed to the same client.',
  ),
  'MQTT-4.8.2-5': row('server', 'If that session ends the message goes to no other client.'),
  'MQTT-4.8.2-6': row('server', 'A shared delivery refused with 0x80 or above is discarded.'),
  'MQTT-4.9.0-1': row(
    'sender',
    'The initial send quota is above zero and at most Receive Maximum.',
  ),
  'MQTT-4.9.0-2': row(
    'sender',
    'Each PUBLISH of QoS 1 or 2 takes one quota; at zero no more are sent.',
  ),
  'MQTT-4.9.0-3': row(
    'sender, receiver',
    'At quota zero all other packets are still processed and answered.',
  ),
  'MQTT-5.0:4.9-a': row(
    'sender',
    'The send quota is of the connection; PUBACK, PUBCOMP and a failing PUBREC give one back; it never exceeds its start.',
  ),
  'MQTT-5.0:4.11-a': row(
    'receiver',
    '0x9C and 0x9D ask for another Server, which a Server Reference may name.',
  ),
  'MQTT-4.12.0-1': row(
    'server',
    'An unsupported authentication method may be answered 0x8C or 0x87; the server closes.',
  ),
  'MQTT-4.12.0-2': row('peer', 'A server AUTH during connect has reason code 0x18.'),
  'MQTT-4.12.0-3': row('sender', 'The client answers AUTH with AUTH 0x18.'),
  'MQTT-4.12.0-4': row(
    'peer',
    'The server may refuse at any step with CONNACK of 0x80 or above and closes.',
  ),
  'MQTT-4.12.0-5': row(
    'sender, peer',
    'All AUTH packets and a successful CONNACK carry the same Authentication Method as CONNECT.',
  ),
  'MQTT-4.12.0-6': row(
    'peer',
    'Without Authentication Method in CONNECT the server sends no AUTH and no method in CONNACK.',
  ),
  'MQTT-4.12.0-7': row(
    'sender',
    'Without Authentication Method in CONNECT the client sends no AUTH.',
  ),
  'MQTT-4.12.1-1': row(
    'sender',
    'Re-authentication is AUTH 0x19 with the same method as at connect.',
  ),
  'MQTT-4.12.1-2': row(
    'sender, receiver',
    'A failed re-authentication: SHOULD send DISCONNECT, MUST close.',
  ),
  'MQTT-5.0:4.13-a': row(
    'receiver',
    'On a Malformed Packet or Protocol Error the Client should send DISCONNECT with the reason code, and close.',
  ),
  'MQTT-5.0:4.13-b': row(
    'receiver',
    'A DISCONNECT may be sent before CONNACK; of several errors in one packet any may be told.',
  ),
  'MQTT-4.13.1-1': row(
    'server',
    'A Server that detects a Malformed Packet or Protocol Error closes.',
  ),
  'MQTT-4.13.2-1': row(
    'sender, receiver',
    'A CONNACK or DISCONNECT code of 0x80 or above means the connection closes, whether or not the packet is sent.',
  ),
  'MQTT-6.0.0-1': row(
    'sender, receiver',
    'MQTT over WebSocket uses binary frames; on any other data frame the receiver closes.',
  ),
  'MQTT-6.0.0-2': row(
    'receiver',
    'A WebSocket frame may hold several or partial packets; no alignment is assumed.',
  ),
  'MQTT-6.0.0-3': row('sender', 'The client offers the "mqtt" subprotocol.'),
  'MQTT-6.0.0-4': row('peer', 'The Server selects mqtt.'),
  'MQTT-5.0:6-a': row(
    'receiver',
    'A WebSocket whose Server selects no subprotocol, or another one, is closed.',
  ),
};
