import java.io.ByteArrayOutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A sketch with oscP5's way of speaking: it sends from the port at which it listens, and takes only
 * messages whose type tag is exactly ",s". java OscSketch PORT OWN_PORT TEXT... subscribes, sends each
 * text as a query, and prints the address and the string of every answer.
 */
class OscSketch {
    public static void main(String[] arguments) throws Exception {
        try (DatagramSocket socket = new DatagramSocket(Integer.parseInt(arguments[1]))) {
            socket.setSoTimeout(20_000);
            socket.connect(InetAddress.getByName("127.0.0.1"), Integer.parseInt(arguments[0]));
            send(socket, "/server/connect", ",");
            hear(socket);
            for (int i = 2; i < arguments.length; i++) {
                send(socket, "/query", ",s", arguments[i]);
                hear(socket);
            }
            send(socket, "/server/disconnect", ",");
        }
    }

    static void send(DatagramSocket socket, String... strings) throws Exception {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        for (String string : strings) {
            byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
            message.write(bytes);
            message.write(new byte[4 - bytes.length % 4]);
        }
        socket.send(new DatagramPacket(message.toByteArray(), message.size()));
    }

    static void hear(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        socket.receive(packet);
        List<String> strings = new ArrayList<>();
        for (int at = 0; at < packet.getLength(); ) {
            int end = at;
            while (packet.getData()[end] != 0) end++;
            strings.add(new String(packet.getData(), at, end - at, StandardCharsets.UTF_8));
            at = end + 4 - (end - at) % 4;
        }
        if (strings.size() != 3 || !strings.get(1).equals(",s"))
            throw new Exception("No ,s message: " + strings);
        System.out.println(strings.get(0) + " " + strings.get(2));
    }
}
