/** How a sketch asks over HTTP; every library waits 90 seconds for a connection and for an answer. */
interface Http {
    int SECONDS = 90;

    /** The status, a space, and the body if it is a JSON object; POST if there is a body to send. */
    String ask(String url, String body) throws Exception;
}
