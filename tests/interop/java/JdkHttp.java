import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** The JDK's own client; with the encodings set by hand it unpacks nothing. */
class JdkHttp implements Http {
    private final HttpClient client = HttpClient.newBuilder()
        .connectTimeout(Duration.ofSeconds(SECONDS)).build();

    public String ask(String url, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(SECONDS))
            .header("Accept", "application/json")
            .header("Accept-Encoding", "gzip, deflate");
        if (body != null)
            request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
        var answer = client.send(request.build(), BodyHandlers.ofString());
        if (!answer.body().startsWith("{")) throw new Exception("A JSONObject begins with '{'.");
        return answer.statusCode() + " " + answer.body();
    }
}
