import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;

public class Serve {
    public static void main(String[] arguments) throws Exception {
        try (var server = new ServerSocket(Integer.parseInt(System.getenv("PORT")))) {
            while (true) {
                try (var client = server.accept()) {
                    client.getInputStream().read(new byte[4096]);
                    client.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\njava first".getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }
}
